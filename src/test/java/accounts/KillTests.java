package accounts;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import accounts.database.Sqlite;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/** What the service has answered outlives its process, whenever that is killed. */
@Tag("sqlite")
class KillTests {

	private static final int WRITERS = 16;

	@Test
	@Timeout(300)
	void fiveKillsLoseNothingThatWasAnswered() throws Exception {
		kill(5);
	}

	@Test
	@Tag("soak")
	@Timeout(7200)
	void twoHundredKillsLoseNothingThatWasAnswered() throws Exception {
		kill(Integer.getInteger("test.kills", 200));
	}

	private static void kill(int times) throws Exception {
		Path folder = Service.folder();
		List<Writer> writers = new ArrayList<>();
		for (int i = 0; i < WRITERS; i++) {
			writers.add(new Writer(i));
		}
		Random random = new Random();
		int answered = 0;
		int lost = 0;
		for (int round = 0; round <= times; round++) {
			try (Program program = start(folder)) {
				URI address = program.address();
				Map<String, String> kept = new HashMap<>();
				try (Sqlite sqlite = Sqlite.open(Service.file(folder))) {
					assertThat(sqlite.rows("pragma integrity_check")).containsExactly("ok");
					sqlite.rows("select email, last_name from \"user\"").forEach((row) -> {
						String[] columns = row.split("\\|", -1);
						kept.put(columns[0], columns[1]);
					});
				}
				Set<String> explained = new HashSet<>();
				for (Writer writer : writers) {
					lost += writer.compare(kept);
					explained.addAll(writer.names.keySet());
				}
				assertThat(kept.keySet()).as("round %d", round).isSubsetOf(explained);
				writers.get(0).logIn(address);
				if (round < times) {
					answered += workUntilKilled(writers, address, program, random.nextInt(400));
				}
			}
		}
		System.out.printf("%d kills under %d writers: %d writes answered and kept, %d unanswered%n", times, WRITERS,
				answered, lost);
		assertThat(answered).isGreaterThan(times);
	}

	private static Program start(Path folder) throws IOException {
		return Program.start(folder, "ACCOUNTS_PASSWORD_ARGON2_MEMORY=64", "ACCOUNTS_PASSWORD_ARGON2_ITERATIONS=1",
				"LOGGING_LEVEL_ACCOUNTS=info", "ACCOUNTS_THROTTLE_ENABLED=false");
	}

	/** Kills when so many writes more than there are writers have been answered. */
	private static int workUntilKilled(List<Writer> writers, URI address, Program program, int more) throws Exception {
		AtomicInteger answered = new AtomicInteger();
		ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
		try {
			List<Future<?>> running = new ArrayList<>();
			for (Writer writer : writers) {
				running.add(threads.submit(() -> writer.work(address, answered)));
			}
			long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
			while (answered.get() < WRITERS + more && System.nanoTime() < end) {
				Thread.onSpinWait();
			}
			program.kill();
			for (Future<?> each : running) {
				each.get();
			}
			return answered.get();
		}
		finally {
			threads.shutdownNow();
		}
	}

	/** Signs up, changes and deletes, and remembers what it was told. */
	private static final class Writer {

		private static final String GONE = "";

		private final int number;

		private final Random random;

		/** What each account's last name must be, or that there is no such account. */
		final Map<String, String> names = new HashMap<>();

		/** What was asked for last and never answered. */
		private String asked;

		private String askedName;

		Writer(int number) {
			this.number = number;
			this.random = new Random(number);
		}

		void work(URI address, AtomicInteger answered) {
			Client nobody = new Client(address);
			try {
				while (true) {
					live(nobody, answered);
				}
			}
			catch (UncheckedIOException ex) {
				// The process has gone
			}
		}

		private void live(Client nobody, AtomicInteger answered) {
			String email = "w" + this.number + "-" + Account.newEmail();
			write(email, "new", answered, () -> nobody.post("/users/", """
					{"first_name": "A", "last_name": "new", "email": "%s", "password": "1234"}""".formatted(email)));
			Answer login = Account.login(nobody, email, "1234").is(200);
			Client self = nobody.as(login.text("token"));
			String path = "/users/" + login.text("user_id") + "/";
			for (int i = this.random.nextInt(4); i > 0; i--) {
				String name = Long.toString(this.random.nextLong() >>> 1, 36);
				write(email, name, answered, () -> self.patch(path, "{\"last_name\": \"" + name + "\"}"));
			}
			if (this.random.nextBoolean()) {
				write(email, GONE, answered, () -> self.delete(path));
			}
		}

		private void write(String email, String name, AtomicInteger answered, Request request) {
			this.asked = email;
			this.askedName = name;
			Answer answer = request.send();
			assertThat(answer.status()).isIn(200, 201, 204);
			this.asked = null;
			this.names.put(email, name);
			answered.incrementAndGet();
		}

		/**
		 * Each answered write is there; the unanswered one is there wholly or not at all.
		 * @return how many were unanswered
		 */
		int compare(Map<String, String> kept) {
			int unanswered = 0;
			if (this.asked != null) {
				unanswered = 1;
				String found = kept.getOrDefault(this.asked, GONE);
				assertThat(found).isIn(this.askedName, this.names.getOrDefault(this.asked, GONE));
				this.names.put(this.asked, found);
				this.asked = null;
			}
			this.names.forEach((email, name) -> assertThat(kept.getOrDefault(email, GONE)).as(email).isEqualTo(name));
			return unanswered;
		}

		/** A sign-up is whole: its password holds. */
		void logIn(URI address) {
			this.names.entrySet()
				.stream()
				.filter((entry) -> !entry.getValue().equals(GONE))
				.limit(20)
				.forEach((entry) -> Account.login(new Client(address), entry.getKey(), "1234").is(200));
		}

	}

	private interface Request {

		Answer send();

	}

}
