package accounts.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;

import accounts.Account;
import accounts.Service;
import accounts.database.Database;
import tools.jackson.databind.json.JsonMapper;

/**
 * What sessions cost: refreshes per second, and bytes in the database. Clients and
 * service share the machine, as the figures do.
 */
public final class SessionCosts {

	private static final int CLIENTS = 16;

	private static final Duration WARM_UP = Duration.ofSeconds(10);

	private static final Duration MEASURED = Duration.ofSeconds(20);

	private static final int USERS = 100_000;

	private static final int SESSIONS_EACH = 3;

	private static final String USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

	private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private final JsonMapper json = new JsonMapper();

	private SessionCosts() {
	}

	public static void main(String[] arguments) throws Exception {
		SessionCosts costs = new SessionCosts();
		Path folder = Service.folder();
		try (Service service = Service.startIn(folder, "logging.level.accounts=warn",
				"accounts.throttle.enabled=false")) {
			costs.refreshes(service);
		}
		folder = Service.folder();
		try (Service service = Service.startIn(folder, "logging.level.accounts=warn")) {
			costs.size(service.bean(Database.class), folder);
		}
		System.exit(0);
	}

	private void refreshes(Service service) throws Exception {
		List<String> tokens = new ArrayList<>();
		for (int i = 0; i < CLIENTS; i++) {
			Account account = service.account();
			tokens.add(Account.login(service.client(), account.email(), account.password()).text("refresh_token"));
		}
		ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
		long start = System.nanoTime() + WARM_UP.toNanos();
		List<Future<long[]>> clients = tokens.stream()
			.map((token) -> threads.submit(() -> refresh(service.address(), token, start)))
			.toList();
		long[] nanos = {};
		for (Future<long[]> client : clients) {
			nanos = LongStream.concat(Arrays.stream(nanos), Arrays.stream(client.get())).toArray();
		}
		threads.shutdown();
		Arrays.sort(nanos);
		System.out.printf("%d clients: %,d refreshes/s, median %.1f ms, 99 %% within %.1f ms%n", CLIENTS,
				nanos.length / MEASURED.toSeconds(), nanos[nanos.length / 2] / 1e6,
				nanos[nanos.length / 100 * 99] / 1e6);
	}

	/**
	 * One client's chain of tokens: how long each took that began in the time measured.
	 */
	private long[] refresh(URI address, String first, long start) throws IOException, InterruptedException {
		LongStream.Builder nanos = LongStream.builder();
		String token = first;
		for (long began = System.nanoTime(); began < start + MEASURED.toNanos(); began = System.nanoTime()) {
			HttpRequest request = HttpRequest.newBuilder(address.resolve("/auth/refresh/"))
				.header("Content-Type", "application/json")
				.POST(BodyPublishers.ofString("{\"refresh_token\": \"" + token + "\"}"))
				.build();
			var answer = this.http.send(request, BodyHandlers.ofString());
			if (answer.statusCode() != 200) {
				throw new IllegalStateException(answer.body());
			}
			token = this.json.readTree(answer.body()).path("refresh_token").stringValue();
			if (began >= start) {
				nanos.add(System.nanoTime() - began);
			}
		}
		return nanos.build().toArray();
	}

	private void size(Database db, Path folder) throws IOException, SQLException {
		inSteps((user) -> db.writes()
			.sql("insert into \"user\" (first_name, last_name, email, password, created_on) values (?, ?, ?, ?, ?)")
			.param("Luna")
			.param("Lovegood")
			.param("luna.lovegood." + user + "@example.com")
			.param("{argon2}$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
			.param(1_700_000_000L + user)
			.update(), db);
		long[] users = sizes(folder, "users");
		for (int session = 0; session < SESSIONS_EACH; session++) {
			long began = 1_790_000_000L + session * 1_000_000L;
			inSteps((user) -> db.writes()
				.sql("""
						insert into session (user_id, created_on, last_used_on, user_agent, ip, refresh_hash)
						values (?, ?, ?, ?, ?, randomblob(32))""")
				.param(user)
				.param(began + user)
				.param(began + 2 * user)
				.param(USER_AGENT)
				.param("203.0.113." + user % 256)
				.update(), db);
		}
		long[] all = sizes(folder, "sessions");
		long sessions = (long) USERS * SESSIONS_EACH;
		System.out.printf("%,d users: %.1f MB; with %,d sessions: %.1f MB (%d bytes a session), compact %.1f MB (%d)%n",
				USERS, users[0] / 1e6, sessions, all[0] / 1e6, (all[0] - users[0]) / sessions, all[1] / 1e6,
				(all[1] - users[1]) / sessions);
	}

	/** The file as it grew, and as compact as it can be. */
	private static long[] sizes(Path folder, String name) throws IOException, SQLException {
		Path compact = folder.resolve(name + ".sqlite3");
		try (Connection connection = DriverManager.getConnection(Service.url(folder));
				Statement statement = connection.createStatement()) {
			statement.execute("pragma wal_checkpoint(truncate)");
			statement.execute("vacuum into '" + compact + "'");
		}
		return new long[] { Files.size(Service.file(folder)), Files.size(compact) };
	}

	private static void inSteps(Step step, Database db) {
		for (long first = 1; first <= USERS; first += 1_000) {
			long from = first;
			db.inTransaction(() -> {
				for (long user = from; user < from + 1_000; user++) {
					step.add(user);
				}
				return from;
			});
		}
	}

	/** Adds what belongs to the user of that number. */
	private interface Step {

		void add(long user);

	}

}
