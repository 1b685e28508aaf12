package accounts;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import accounts.database.Database;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/** More requests at a time than the service answers. */
@Tag("sqlite")
@Timeout(60)
class OverloadTests {

	private static final int LIMIT = 4;

	@Test
	void theNextAreRefusedAtOnceAndServedAgainWhenThereIsRoom() throws Exception {
		ExecutorService threads = Executors.newCachedThreadPool();
		try (Service service = Service.start("accounts.load.requests=" + LIMIT)) {
			Account account = service.account();
			CountDownLatch holding = new CountDownLatch(1);
			CountDownLatch done = new CountDownLatch(1);
			threads.execute(() -> hold(service, account, holding, done));
			holding.await();
			List<CompletableFuture<Answer>> waiting = IntStream.range(0, LIMIT)
				.mapToObj((number) -> CompletableFuture.supplyAsync(() -> change(account), threads))
				.toList();
			Answer refused = untilRefused(() -> account.client().get("/users/me/"));
			assertThat(refused.refused(503, "Busy").header("Retry-After")).isEqualTo("1");
			untilRefused(() -> service.client().post("/users/", "{}")).refused(503, "Busy");
			service.client().get("/health/live/").is(200);
			done.countDown();
			for (CompletableFuture<Answer> one : waiting) {
				one.join().is(200);
			}
			assertThat(account.client().get("/users/me/").is(200).text("first_name")).isEqualTo("Waits");
		}
		finally {
			threads.shutdownNow();
		}
	}

	@Test
	void refusalsComeOneAfterTheOtherAndHoldNoThread() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(40);
		try (Service service = Service.start("accounts.throttle.sign-ups=1", "server.tomcat.threads.max=2")) {
			Account account = service.account();
			long start = System.nanoTime();
			List<CompletableFuture<Answer>> refused = IntStream.range(0, 400)
				.mapToObj((number) -> CompletableFuture.supplyAsync(() -> service.client()
					.post("/users/",
							"""
									{"first_name": "A", "last_name": "B", "email": "%s", "password": "1234"}"""
								.formatted(Account.newEmail())),
						threads))
				.toList();
			account.client().get("/users/me/").is(200);
			for (CompletableFuture<Answer> one : refused) {
				one.join().refused(429, "Too many attempts");
			}
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(399 * 5));
		}
		finally {
			threads.shutdownNow();
		}
	}

	/** Asks until all who wait are there. */
	private static Answer untilRefused(Supplier<Answer> request) {
		Answer answer = request.get();
		while (answer.status() != 503) {
			answer = request.get();
		}
		return answer;
	}

	/** As often as it is told to come again. */
	private static Answer change(Account account) {
		Answer answer = account.client().patch(account.path(), "{\"first_name\": \"Waits\"}");
		while (answer.status() == 503) {
			answer = account.client().patch(account.path(), "{\"first_name\": \"Waits\"}");
		}
		return answer;
	}

	/** Keeps the account's changes waiting. */
	private static void hold(Service service, Account account, CountDownLatch holding, CountDownLatch done) {
		Database database = service.bean(Database.class);
		database.inTransaction(() -> {
			database.writes()
				.sql("update \"user\" set last_name = 'Held' where email = ?")
				.param(account.email())
				.update();
			holding.countDown();
			try {
				done.await();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
			return "done";
		});
	}

}
