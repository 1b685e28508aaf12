package accounts;

import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import accounts.database.Database;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Several instances on one database, of which any may answer any request. */
@Tag("postgresql")
@Timeout(300)
class InstancesTests {

	private static final int CLIENTS = 16;

	/** Each is a program of its own: in one, they would share what logs. */
	@RepeatedTest(2)
	void threeStartFromAnEmptyDatabaseAtTheSameMoment() throws Exception {
		Path folder = Service.folder();
		List<Program> programs = atOnce(3, (number) -> () -> Program.start(folder));
		try {
			Account account = Account.signUp(new Client(programs.get(0).address()));
			for (Program program : programs) {
				Client client = new Client(program.address());
				client.as(account.token()).get("/users/me/").is(200);
				Account.login(client, account.email(), account.password()).is(200);
			}
			assertThat(JdbcClient.create(new DriverManagerDataSource(Service.url(folder)))
				.sql("select algorithm from signing_key order by algorithm")
				.query(String.class)
				.list()).containsExactly("HS256", "refresh-token");
		}
		finally {
			for (Program program : programs) {
				program.close();
			}
		}
	}

	@Test
	void whatOneDidTheOthersKnowAtTheNextRequest() {
		Path folder = Service.folder();
		try (Service a = Service.startIn(folder); Service b = Service.startIn(folder)) {
			Account ann = a.account();
			b.client().as(ann.token()).get("/users/me/").is(200);
			ann.client().patch(ann.path(), "{\"first_name\": \"Änn\"}").is(200);
			assertThat(b.client().as(ann.token()).get(ann.path()).text("first_name")).isEqualTo("Änn");

			String other = Account.login(b.client(), ann.email(), ann.password()).text("token");
			a.client().as(other).post("/auth/logout/", "").is(204);
			b.client().as(other).get("/users/me/").refused(401, "Authentication failed");

			String refreshToken = Account.login(a.client(), ann.email(), ann.password()).text("refresh_token");
			Answer first = refresh(b.client(), refreshToken).is(200);
			assertThat(refresh(a.client(), refreshToken).is(200).text("refresh_token"))
				.isEqualTo(first.text("refresh_token"));
			Answer second = refresh(a.client(), first.text("refresh_token")).is(200);
			a.clock().move(Duration.ofSeconds(20));
			b.clock().move(Duration.ofSeconds(20));
			refresh(b.client(), refreshToken).refused(401, "Refresh token already used");
			a.client().as(second.text("token")).get("/users/me/").refused(401, "Authentication failed");

			String old = Account.login(a.client(), ann.email(), ann.password()).text("token");
			b.client().as(ann.token()).patch(ann.path(), "{\"password\": \"another one\"}").is(200);
			a.client().as(old).get("/users/me/").refused(401, "Authentication failed");
			Account.login(a.client(), ann.email(), ann.password()).refused(401, "Incorrect password");
			b.client().as(ann.token()).delete(ann.path()).is(204);
			a.client().as(ann.token()).get("/users/me/").refused(401, "Authentication failed");
		}
	}

	@Test
	void aTokenOfAKeyThatAnotherInstanceHasJustMadeHoldsOnAll() {
		Path folder = Service.folder();
		try (Service a = Service.startIn(folder, "accounts.token.secret=9f1c8d0e77a64b52b3c15e0a4d8f2b6c")) {
			Account account = a.account();
			try (Service b = Service.startIn(folder)) {
				String token = Account.login(b.client(), account.email(), account.password()).text("token");
				a.client().as(token).get("/users/me/").is(200);
			}
		}
	}

	@Test
	void anEmailIsOneAccountsHoweverManyWantItOnWhicheverInstance() throws Exception {
		Path folder = Service.folder();
		try (Service a = Service.startIn(folder); Service b = Service.startIn(folder)) {
			for (int round = 0; round < 10; round++) {
				String email = Account.newEmail();
				List<Account> rivals = new ArrayList<>();
				for (int i = 0; i < 6; i++) {
					rivals.add(((i % 2 == 0) ? a : b).account());
				}
				List<Answer> answers = atOnce(12, (number) -> () -> {
					Client client = ((number % 2 == 0) ? a : b).client();
					if (number < 6) {
						return client.post("/users/", signUp(email));
					}
					Account rival = rivals.get(number - 6);
					return rival.client().patch(rival.path(), "{\"email\": \"" + email + "\"}");
				});
				assertThat(answers.stream().filter((answer) -> answer.status() < 300)).hasSize(1);
				answers.stream()
					.filter((answer) -> answer.status() >= 300)
					.forEach((answer) -> answer.refused(409, "This email is already registered"));
			}
		}
	}

	@Test
	void noLoginWithTheOldPasswordOutlivesItsChangeOnAnotherInstance() throws Exception {
		Path folder = Service.folder();
		try (Service a = Service.startIn(folder); Service b = Service.startIn(folder)) {
			for (int round = 0; round < 20; round++) {
				Account account = a.account();
				List<Answer> answers = atOnce(8, (number) -> () -> (number == 0)
						? account.client().patch(account.path(), "{\"password\": \"new\"}")
						: Account.login(((number % 2 == 0) ? a : b).client(), account.email(), account.password()));
				answers.get(0).is(200);
				for (Answer login : answers.subList(1, 8)) {
					if (login.status() == 200) {
						b.client().as(login.text("token")).get("/users/me/").refused(401, "Authentication failed");
						refresh(b.client(), login.text("refresh_token")).refused(401, "Session ended");
					}
				}
			}
			assertThat(a.bean(Database.class)
				.reads()
				.sql("select deadlocks from pg_stat_database where datname = current_database()")
				.query(Integer.class)
				.single()).isZero();
		}
	}

	@Test
	void nothingIsLeftOfAUserWhoLoggedInWhileBeingDeletedOnAnotherInstance() throws Exception {
		Path folder = Service.folder();
		try (Service a = Service.startIn(folder); Service b = Service.startIn(folder)) {
			for (int round = 0; round < 20; round++) {
				Account account = a.account();
				atOnce(8, (number) -> () -> (number == 0) ? account.client().delete(account.path())
						: Account.login(b.client(), account.email(), account.password()))
					.get(0)
					.is(204);
			}
			assertThat(a.bean(Database.class)
				.reads()
				.sql("select count(*) from session where ip is not null or user_agent is not null or user_id is not null")
				.query(Integer.class)
				.single()).isZero();
		}
	}

	@Test
	void aUserHasNoMoreSessionsThanAllowedHoweverManyLogInAtOnce() throws Exception {
		Path folder = Service.folder();
		try (Service a = Service.startIn(folder, "accounts.session.per-user=5");
				Service b = Service.startIn(folder, "accounts.session.per-user=5")) {
			Account account = a.account();
			atOnce(20,
					(number) -> () -> Account
						.login(((number % 2 == 0) ? a : b).client(), account.email(), account.password())
						.is(200));
			String token = Account.login(b.client(), account.email(), account.password()).text("token");
			assertThat(a.client().as(token).get("/auth/sessions/").json().size()).isEqualTo(5);
		}
	}

	@Test
	void whoMeetsALockIsToldToComeAgainAndReadersNeverWait() throws Exception {
		Path folder = Service.folder();
		try (Service service = Service.startIn(folder, "spring.jdbc.template.query-timeout=1s")) {
			Account account = service.account();
			CountDownLatch done = new CountDownLatch(1);
			Database db = service.bean(Database.class);
			Thread other = new Thread(() -> db.inTransaction(() -> {
				db.writes().sql("lock table \"user\" in exclusive mode").update();
				await(done);
				return "unlocked";
			}));
			other.start();
			JdbcClient server = db.reads();
			while (server
				.sql("select count(*) from pg_locks where mode = 'ExclusiveLock' and relation = 'user'::regclass")
				.query(Integer.class)
				.single() == 0) {
				Thread.onSpinWait();
			}
			// Far more than there are connections to write with
			List<Answer> answers = atOnce(100,
					(number) -> () -> (number % 2 == 0)
							? account.client().patch(account.path(), "{\"first_name\": \"L\"}")
							: account.client().get("/users/me/"));
			for (int i = 0; i < answers.size(); i++) {
				if (i % 2 == 0) {
					assertThat(answers.get(i).refused(503, "Busy").header("Retry-After")).isEqualTo("1");
				}
				else {
					assertThat(answers.get(i).is(200).text("first_name")).isEqualTo("Luna");
				}
			}
			done.countDown();
			other.join();
			account.client().patch(account.path(), "{\"first_name\": \"L\"}").is(200);
		}
	}

	/** What a migration may do while instances of the version before go on. */
	@Test
	void anInstanceGoesOnWhileANewerOneAddsTablesColumnsAndIndexes() {
		try (Service service = Service.start()) {
			Account account = service.account();
			for (int i = 0; i < 10; i++) {
				useAll(service, account);
			}
			JdbcClient newer = service.bean(Database.class).writes();
			newer.sql("alter table \"user\" add column phone text").update();
			newer.sql("alter table session add column device text default 'unknown'").update();
			newer.sql("alter table signing_key add column note text").update();
			newer.sql("alter table refreshed add column note text").update();
			newer.sql("create table administrator (user_id bigint references \"user\" (id) on delete cascade)")
				.update();
			newer.sql("create index user_by_name on \"user\" (last_name)").update();
			for (int i = 0; i < 10; i++) {
				useAll(service, account);
			}
			account.client().delete(account.path()).is(204);
		}
	}

	private static void useAll(Service service, Account account) {
		Answer login = Account.login(service.client(), account.email(), account.password()).is(200);
		Answer refreshed = refresh(service.client(), login.text("refresh_token")).is(200);
		Client client = service.client().as(refreshed.text("token"));
		client.get("/users/").is(200);
		client.get(account.path()).is(200);
		client.patch(account.path(), "{\"last_name\": \"L\"}").is(200);
		client.get("/auth/sessions/").is(200);
		client.post("/auth/logout/", "").is(204);
		service.account();
	}

	@Test
	void ofThreeOneIsKilledUnderLoadAndClientsThatRetrySeeNoError() throws Exception {
		Path folder = Service.folder();
		List<Program> programs = atOnce(3, (number) -> () -> Program.start(folder, "ACCOUNTS_PASSWORD_ARGON2_MEMORY=64",
				"ACCOUNTS_PASSWORD_ARGON2_ITERATIONS=1", "ACCOUNTS_THROTTLE_SIGN_UPS=1000000"));
		try {
			List<URI> addresses = new ArrayList<>();
			for (Program program : programs) {
				addresses.add(program.address());
			}
			AtomicInteger done = new AtomicInteger();
			Map<Long, String> kept = new ConcurrentHashMap<>();
			atOnce(CLIENTS, (number) -> () -> {
				AtomicInteger turn = new AtomicInteger(number);
				Supplier<Client> any = () -> new Client(addresses.get(turn.incrementAndGet() % addresses.size()));
				for (int i = 0; i < 15; i++) {
					String email = Account.newEmail();
					Answer signUp = retried(() -> any.get().post("/users/", signUp(email)));
					// A sign-up whose answer was lost has happened
					assertThat(signUp.status()).isIn(201, 409);
					Answer login = retried(() -> Account.login(any.get(), email, "1234")).is(200);
					String token = login.text("token");
					long id = login.json().path("user_id").longValue();
					String name = "name " + number + " " + i;
					retried(() -> any.get().as(token).patch("/users/" + id + "/", "{\"last_name\": \"" + name + "\"}"))
						.is(200);
					kept.put(id, name);
					if (done.incrementAndGet() == CLIENTS * 5) {
						programs.get(2).kill();
					}
				}
				return number;
			});
			Answer login = Account.login(new Client(addresses.get(0)), signedUp(addresses.get(0)), "1234");
			kept.forEach((id, name) -> assertThat(
					new Client(addresses.get(1)).as(login.text("token")).get("/users/" + id + "/").text("last_name"))
				.isEqualTo(name));
		}
		finally {
			for (Program program : programs) {
				program.close();
			}
		}
	}

	@Test
	void theDatabaseRestartsUnderLoadAndAllIsWellAgainByItself() throws Exception {
		Path data = Files.createTempDirectory("postgres");
		EmbeddedPostgres first = server(data, 0);
		int port = first.getPort();
		String url = "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=postgres";
		try (Service service = Service.start("spring.datasource.url=" + url)) {
			Account account = service.account();
			Map<Long, String> kept = new ConcurrentHashMap<>();
			Queue<Integer> refusals = new ConcurrentLinkedQueue<>();
			AtomicBoolean end = new AtomicBoolean();
			AtomicInteger acknowledged = new AtomicInteger();
			ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
			List<Future<?>> clients = new ArrayList<>();
			for (int i = 0; i < CLIENTS; i++) {
				clients.add(threads.submit(() -> {
					while (!end.get()) {
						Answer answer = service.client().post("/users/", signUp(Account.newEmail()));
						if (answer.status() == 201) {
							kept.put(answer.json().path("id").longValue(), answer.text("email"));
							acknowledged.incrementAndGet();
						}
						else {
							assertThat(answer.refused(503, "Busy").header("Retry-After")).isNotNull();
							refusals.add(answer.status());
						}
						Answer read = account.client().get("/users/me/");
						assertThat(read.status()).isIn(200, 503);
					}
				}));
			}
			until(() -> acknowledged.get() > 100);
			first.close();
			until(() -> !refusals.isEmpty());
			service.client().get("/health/live/").is(200);
			service.client().get("/health/").refused(503, "Busy");
			EmbeddedPostgres second = server(data, port);
			int before = acknowledged.get();
			until(() -> acknowledged.get() > before + 100);
			end.set(true);
			for (Future<?> client : clients) {
				client.get();
			}
			threads.shutdown();
			service.client().get("/health/").is(200);
			kept.forEach((id, email) -> assertThat(account.client().get("/users/" + id + "/").is(200).text("email"))
				.isEqualTo(email));
			second.close();
		}
	}

	@Test
	void theServersCertificateIsCheckedWhereTheUrlAsksForThat() throws Exception {
		Path folder = Service.folder();
		TestCertificate.make(folder, "server");
		Path certificate = Files.copy(folder.resolve("fullchain.pem"), folder.resolve("server.pem"));
		Path key = Files.copy(folder.resolve("privkey.pem"), folder.resolve("server.key"),
				StandardCopyOption.COPY_ATTRIBUTES);
		TestCertificate.make(folder, "another");
		try (EmbeddedPostgres server = EmbeddedPostgres.builder()
			.setServerConfig("ssl", "on")
			.setServerConfig("ssl_cert_file", certificate.toString())
			.setServerConfig("ssl_key_file", key.toString())
			.start()) {
			String url = "spring.datasource.url=jdbc:postgresql://127.0.0.1:" + server.getPort()
					+ "/postgres?user=postgres&sslmode=verify-full&sslrootcert=";
			try (Service service = Service.start(url + certificate)) {
				assertThat(service.bean(Database.class)
					.reads()
					.sql("select ssl from pg_stat_ssl where pid = pg_backend_pid()")
					.query(Boolean.class)
					.single()).isTrue();
				service.account();
			}
			assertThatThrownBy(() -> Service.start(url + folder.resolve("fullchain.pem")).close()).rootCause()
				.hasMessageContaining("certification path");
		}
	}

	private static EmbeddedPostgres server(Path data, int port) throws Exception {
		EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
			.setDataDirectory(data)
			.setCleanDataDirectory(false)
			.setServerConfig("max_connections", "100");
		return ((port != 0) ? builder.setPort(port) : builder).start();
	}

	/** As a good client does: comes again while it is told to, or finds nobody. */
	private static Answer retried(Supplier<Answer> request) {
		for (int attempt = 1;; attempt++) {
			try {
				Answer answer = request.get();
				if (answer.status() != 503 || attempt > 100) {
					return answer;
				}
			}
			catch (UncheckedIOException ex) {
				if (attempt > 100) {
					throw ex;
				}
			}
		}
	}

	private static String signedUp(URI address) {
		String email = Account.newEmail();
		new Client(address).post("/users/", signUp(email)).is(201);
		return email;
	}

	private static String signUp(String email) {
		return """
				{"first_name": "Ron", "last_name": "Weasley", "email": "%s", "password": "1234"}""".formatted(email);
	}

	private static Answer refresh(Client client, String refreshToken) {
		return client.post("/auth/refresh/", "{\"refresh_token\": \"%s\"}".formatted(refreshToken));
	}

	private static void until(Supplier<Boolean> condition) {
		while (!condition.get()) {
			Thread.onSpinWait();
		}
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** Does that as many times as told, all beginning together. */
	private static <T> List<T> atOnce(int times, IntFunction<Callable<T>> work) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(times);
		CountDownLatch go = new CountDownLatch(1);
		try {
			List<Future<T>> results = IntStream.range(0, times).mapToObj((number) -> threads.submit(() -> {
				go.await();
				return work.apply(number).call();
			})).toList();
			go.countDown();
			List<T> all = new ArrayList<>();
			for (Future<T> result : results) {
				all.add(result.get());
			}
			return all;
		}
		finally {
			threads.shutdown();
		}
	}

}
