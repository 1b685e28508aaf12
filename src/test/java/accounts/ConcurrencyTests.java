package accounts;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import accounts.database.Database;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/** Many clients at once. */
class ConcurrencyTests {

	private static final int CLIENTS = 32;

	private static final long SECONDS = Integer.getInteger("test.concurrency.seconds", 60);

	@Test
	@Timeout(300)
	void noWriteIsLostAndEachEmailHasOneWinner() throws Exception {
		try (Service service = Service.start()) {
			Contest contest = new Contest();
			long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
			List<Visitor> visitors = new ArrayList<>();
			for (int i = 0; i < CLIENTS; i++) {
				visitors.add(new Visitor(service.client(), new Random(i), contest));
			}
			atOnce(visitors, (visitor) -> {
				while (System.nanoTime() < end) {
					visitor.live();
				}
			});

			assertThat(contest.winners).isNotEmpty();
			contest.winners.forEach((email, winners) -> assertThat(winners).as(email).hasValue(1));
			visitors.forEach(Visitor::findsAllAsItLeftIt);
			List<Long> left = visitors.stream().flatMap((visitor) -> visitor.kept.stream()).map(State::id).toList();
			JsonNode users = service.account().client().get("/users/").is(200).json();
			assertThat(users.valueStream().map((user) -> user.path("id").longValue())).isSorted()
				.containsAll(left)
				.hasSize(left.size() + 1);
		}
	}

	@Test
	@Timeout(120)
	void clientsThatDoNotReadTheirListHoldNobodyUp() throws Exception {
		try (Service service = Service.start()) {
			Account account = service.account();
			service.bean(Database.class)
				.writes()
				.sql("""
						with recursive n(i) as (select 1 union all select i + 1 from n where i < 8000)
						insert into "user" (first_name, last_name, email, password, created_on)
						select ?, ?, 'list' || i || '@example.com', '-', 0 from n""")
				.params("🦉".repeat(200), "é".repeat(200))
				.update();
			List<Socket> slow = new ArrayList<>();
			for (int i = 0; i < CLIENTS; i++) {
				slow.add(ask(service.address(), account.token()));
			}
			List<Account> others = new ArrayList<>();
			for (int i = 0; i < 20; i++) {
				Account other = service.account();
				other.client().put(other.path(), "{\"last_name\": \"Changed\"}").is(200);
				other.client().get("/users/me/").is(200);
				others.add(other);
			}
			assertThat(account.client().get("/users/").is(200).json()).hasSize(8_021);
			service.client().get("/health/").is(200);
			others.forEach((other) -> other.client().delete(other.path()).is(204));

			for (Socket socket : slow) {
				try (socket) {
					InputStream rest = socket.getInputStream();
					Answer answer = RawHttp
						.parse(("H" + new String(rest.readAllBytes(), StandardCharsets.ISO_8859_1))
							.getBytes(StandardCharsets.ISO_8859_1))
						.is(200);
					assertThat(answer.json().size()).isBetween(8_001, 8_021);
				}
			}
		}
	}

	/** Emails that {@value #CLIENTS} ask for at about the same time, and who got them. */
	private static final class Contest {

		private final AtomicLong entries = new AtomicLong();

		final Map<String, AtomicInteger> winners = new ConcurrentHashMap<>();

		final Set<Long> ids = ConcurrentHashMap.newKeySet();

		String email() {
			String email = "race" + this.entries.getAndIncrement() / CLIENTS + "@example.com";
			this.winners.computeIfAbsent(email, (key) -> new AtomicInteger());
			return email;
		}

	}

	/** An account as the service last acknowledged it. */
	private record State(long id, String lastName, String email, String password) {

	}

	/** Signs up, logs in, changes and deletes, and remembers what it was told. */
	private static final class Visitor {

		private final Client nobody;

		private final Random random;

		private final Contest contest;

		final List<State> kept = new ArrayList<>();

		Visitor(Client nobody, Random random, Contest contest) {
			this.nobody = nobody;
			this.random = random;
			this.contest = contest;
		}

		/** One account's life, which ends in its deletion or in an email that was won. */
		void live() {
			if (this.random.nextInt(4) == 0) {
				signUp(this.contest.email(), true);
				return;
			}
			State state = signUp(Account.newEmail(), false);
			Client self = this.nobody.as(Account.login(this.nobody, state.email, state.password).is(200).text("token"));
			for (int i = this.random.nextInt(6); i >= 0; i--) {
				state = change(self, state);
				findsAs(self, state);
			}
			if (this.random.nextBoolean() && enter(self, state)) {
				return;
			}
			self.delete("/users/" + state.id + "/").is(204);
			self.get("/users/me/").refused(401, "Authentication failed");
			Account.login(this.nobody, state.email, state.password).refused(401, "Incorrect email");
		}

		private State signUp(String email, boolean race) {
			Answer answer = this.nobody.post("/users/", """
					{"first_name": "A", "last_name": "B", "email": "%s", "password": "first"}""".formatted(email));
			if (race && answer.status() == 409) {
				return null;
			}
			State state = new State(answer.is(201).json().path("id").longValue(), "B", email, "first");
			assertThat(this.contest.ids.add(state.id)).as("a new id").isTrue();
			if (race) {
				win(state);
			}
			return state;
		}

		/** Changes one's email to one that others want. */
		private boolean enter(Client self, State state) {
			String email = this.contest.email();
			Answer answer = self.patch("/users/" + state.id + "/", "{\"email\": \"%s\"}".formatted(email));
			if (answer.status() == 409) {
				findsAs(self, state);
				return false;
			}
			answer.is(200);
			win(new State(state.id, state.lastName, email, state.password));
			return true;
		}

		private void win(State state) {
			this.contest.winners.get(state.email).incrementAndGet();
			this.kept.add(state);
		}

		private State change(Client self, State state) {
			String text = Long.toString(this.random.nextLong(), 36);
			State changed = switch (this.random.nextInt(3)) {
				case 0 -> new State(state.id, text, state.email, state.password);
				case 1 -> new State(state.id, state.lastName, Account.newEmail(), state.password);
				default -> new State(state.id, state.lastName, state.email, text);
			};
			self.put("/users/" + state.id + "/", """
					{"last_name": "%s", "email": "%s", "password": "%s"}""".formatted(changed.lastName, changed.email,
					changed.password))
				.is(200);
			return changed;
		}

		private void findsAs(Client self, State state) {
			JsonNode user = self.get("/users/me/").is(200).json();
			assertThat(user.path("id").longValue()).isEqualTo(state.id);
			assertThat(user.path("last_name").asString()).isEqualTo(state.lastName);
			assertThat(user.path("email").asString()).isEqualTo(state.email);
		}

		void findsAllAsItLeftIt() {
			for (State state : this.kept) {
				findsAs(this.nobody.as(Account.login(this.nobody, state.email, state.password).is(200).text("token")),
						state);
			}
		}

	}

	/** Asks for the list and reads nothing of it yet. */
	private static Socket ask(URI address, String token) throws IOException {
		Socket socket = new Socket();
		socket.setSoTimeout(30_000);
		socket.connect(new InetSocketAddress(address.getHost(), address.getPort()));
		socket.getOutputStream()
			.write(("GET /users/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: " + token + "\r\n\r\n")
				.getBytes(StandardCharsets.US_ASCII));
		assertThat(socket.getInputStream().read()).as("the first letter of the answer").isEqualTo('H');
		return socket;
	}

	private static void atOnce(List<Visitor> visitors, Consumer<Visitor> work) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(visitors.size());
		try {
			List<Future<?>> running = new ArrayList<>();
			visitors.forEach((visitor) -> running.add(threads.submit(() -> work.accept(visitor))));
			for (Future<?> each : running) {
				each.get();
			}
		}
		finally {
			threads.shutdownNow();
		}
	}

}
