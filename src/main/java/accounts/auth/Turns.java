package accounts.auth;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import accounts.web.Busy;

/**
 * Has those who would do the same at once in this process do it one after the other, so
 * that each finds what the one before has left.
 */
final class Turns {

	/** Fewer than the server has threads, as each that waits holds one. */
	private static final int WAITING = 32;

	private static final int SECONDS = 10;

	private final Map<String, Turn> turns = new ConcurrentHashMap<>();

	private final AtomicInteger waiting = new AtomicInteger();

	private final AtomicLong ended = new AtomicLong();

	/**
	 * How many turns have ended. If it is the same after one's own has begun, nobody can
	 * have changed what was read before.
	 */
	long ended() {
		return this.ended.get();
	}

	/**
	 * Waits for one's turn, which ends when it is closed.
	 * @throws Busy if too many wait, or for too long
	 */
	Turn take(String key) {
		Turn turn = this.turns.compute(key, (same, there) -> ((there != null) ? there : new Turn(key)).joined());
		boolean taken = false;
		try {
			taken = turn.only.tryAcquire() || turn.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new Busy(ex);
		}
		finally {
			if (!taken) {
				leave(key);
			}
		}
		if (!taken) {
			throw new Busy();
		}
		return turn;
	}

	private void leave(String key) {
		this.turns.computeIfPresent(key, (same, turn) -> (--turn.users == 0) ? null : turn);
	}

	final class Turn implements AutoCloseable {

		private final String key;

		private final Semaphore only = new Semaphore(1, true);

		private int users;

		Turn(String key) {
			this.key = key;
		}

		private Turn joined() {
			this.users++;
			return this;
		}

		private boolean await() throws InterruptedException {
			try {
				return Turns.this.waiting.incrementAndGet() <= WAITING
						&& this.only.tryAcquire(SECONDS, TimeUnit.SECONDS);
			}
			finally {
				Turns.this.waiting.decrementAndGet();
			}
		}

		@Override
		public void close() {
			Turns.this.ended.incrementAndGet();
			this.only.release();
			leave(this.key);
		}

	}

}
