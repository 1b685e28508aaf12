package accounts.web;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/** Few requests run at a time, and none waits for those that wait or take long. */
@Timeout(60)
class RequestThreadsTests {

	private static final int PLACES = 2;

	private static final int MOST = 8;

	private final RequestThreads threads = RequestThreads.start(PLACES, MOST);

	@AfterEach
	void stop() {
		this.threads.stop();
	}

	@Test
	void manyShortRequestsAreAllAnsweredByTheThreadsThatHaveAPlace() throws Exception {
		int requests = 100_000;
		CountDownLatch answered = new CountDownLatch(requests);
		for (int i = 0; i < requests; i++) {
			this.threads.execute(answered::countDown);
		}
		answered.await();
		assertThat(this.threads.getLargestPoolSize()).isLessThan(MOST);
	}

	@Test
	void whoWaitsLeavesItsPlaceToOthers() throws Exception {
		CountDownLatch others = new CountDownLatch(1);
		CountDownLatch answered = new CountDownLatch(MOST);
		for (int i = 1; i < MOST; i++) {
			this.threads.execute(() -> {
				await(others);
				answered.countDown();
			});
		}
		this.threads.execute(() -> {
			others.countDown();
			answered.countDown();
		});
		answered.await();
	}

	@Test
	void whoTakesLongLeavesItsPlaceToOthers() throws Exception {
		AtomicBoolean others = new AtomicBoolean();
		CountDownLatch answered = new CountDownLatch(MOST);
		for (int i = 1; i < MOST; i++) {
			this.threads.execute(() -> {
				while (!others.get()) {
					Thread.onSpinWait();
				}
				answered.countDown();
			});
		}
		this.threads.execute(() -> {
			others.set(true);
			answered.countDown();
		});
		answered.await();
	}

	@Test
	void moreThanThereMayBeWaitForThoseThatEnd() throws Exception {
		AtomicInteger inside = new AtomicInteger();
		AtomicInteger mostInside = new AtomicInteger();
		CountDownLatch full = new CountDownLatch(MOST);
		CountDownLatch end = new CountDownLatch(1);
		CountDownLatch answered = new CountDownLatch(3 * MOST);
		for (int i = 0; i < 3 * MOST; i++) {
			this.threads.execute(() -> {
				mostInside.accumulateAndGet(inside.incrementAndGet(), Math::max);
				full.countDown();
				await(end);
				inside.decrementAndGet();
				answered.countDown();
			});
		}
		full.await();
		end.countDown();
		answered.await();
		assertThat(mostInside).hasValue(MOST);
	}

	@Test
	void aRequestThatFailsTakesNobodysPlace() throws Exception {
		CountDownLatch answered = new CountDownLatch(1);
		for (int i = 0; i < 3 * MOST; i++) {
			this.threads.execute(() -> {
				Thread.currentThread().setUncaughtExceptionHandler((thread, expected) -> {
				});
				throw new IllegalStateException();
			});
		}
		this.threads.execute(answered::countDown);
		answered.await();
	}

	@Test
	void thoseThatStillWorkAreInterruptedAtTheEnd() throws Exception {
		CountDownLatch began = new CountDownLatch(1);
		CountDownLatch interrupted = new CountDownLatch(1);
		this.threads.execute(() -> {
			began.countDown();
			try {
				TimeUnit.DAYS.sleep(1);
			}
			catch (InterruptedException ex) {
				interrupted.countDown();
			}
		});
		began.await();
		this.threads.stop();
		interrupted.await();
		assertThat(this.threads.isTerminated()).isTrue();
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
