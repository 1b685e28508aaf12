package accounts.web;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

import accounts.Account;
import accounts.Answer;
import accounts.Client;
import accounts.Program;
import accounts.Service;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/** What the operator reads after a full run, in plain lines and in JSON. */
class LogTests {

	private static final String PASSWORD = "pässwörd-of-luna";

	private static final String NEW_PASSWORD = "näw-pässwörd";

	private static final String FORGED = "2026-01-01T00:00:00.000Z INFO  Forged";

	private static final Pattern LINE = Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z"
			+ " (INFO |WARN |ERROR) .* request_id=\\S+ address=\\S+ user_id=\\S+");

	private static Run plain;

	private static Run json;

	@BeforeAll
	static void run() throws Exception {
		plain = new Run();
		json = new Run("LOGGING_STRUCTURED_FORMAT_CONSOLE=ecs", "LOGGING_LEVEL_ACCOUNTS=debug");
	}

	@AfterAll
	static void forget() {
		plain = null;
		json = null;
	}

	@Test
	void eachEventIsOneLineWithWhoWhenAndWhat() {
		for (Event event : plain.events) {
			assertThat(plain.output.lines().filter((line) -> line.contains(event.requestId))).as(event.outcome)
				.singleElement()
				.asString()
				.matches(LINE)
				.contains(" " + event.outcome + " request_id=" + event.requestId + " address=127.0.0.1 user_id="
						+ event.userId);
		}
	}

	@Test
	void timesAreInUtc() {
		assertThat(plain.output.lines().filter((line) -> line.contains("Signed up"))).allSatisfy(
				(line) -> assertThat(Duration.between(Instant.parse(line.substring(0, 24)), Instant.now()).abs())
					.isLessThan(Duration.ofMinutes(10)));
	}

	@Test
	void inJsonEachLineIsAnObjectWithTheSameFacts() {
		JsonMapper mapper = new JsonMapper();
		List<JsonNode> lines = json.output.lines()
			.map(mapper::readTree)
			.filter((line) -> line.path("log").path("level").asString().equals("INFO"))
			.toList();
		for (Event event : json.events) {
			assertThat(lines).filteredOn((line) -> line.path("request_id").asString("").equals(event.requestId))
				.as(event.outcome)
				.singleElement()
				.satisfies((line) -> {
					assertThat(line.path("message").asString()).isEqualTo(event.outcome);
					assertThat(line.path("address").asString()).isEqualTo("127.0.0.1");
					assertThat(line.path("user_id").asString("-")).isEqualTo(event.userId);
					assertThat(line.path("@timestamp").asString()).endsWith("Z");
				});
		}
	}

	@Test
	void whatAClientSendsBeginsNoLineOfItsOwn() {
		assertThat(plain.output.lines()).noneMatch((line) -> line.stripLeading().startsWith(FORGED));
		assertThat(json.output.lines()).noneMatch((line) -> line.stripLeading().startsWith(FORGED));
		assertThat(plain.output + json.output).doesNotContain("\u001b");
	}

	@Test
	void whatFailedIsLoggedWithTheRequestIdOfItsAnswer() {
		for (Run run : new Run[] { plain, json }) {
			assertThat(run.output.lines().filter((line) -> line.contains(run.failure)))
				.anyMatch((line) -> line.contains("ERROR") && line.contains("Failed"));
		}
	}

	@ParameterizedTest
	@EnumSource
	void noSecretIsEverLogged(Secret secret) {
		for (Run run : new Run[] { plain, json }) {
			assertThat(run.output).isNotEmpty().doesNotContainPattern(secret.pattern);
			run.tokens.forEach((token) -> assertThat(run.output).doesNotContain(token.substring(token.length() - 20)));
		}
	}

	/** What must not be in a log, in any form. */
	enum Secret {

		PASSWORD("(?i)p(ä|a|\\\\u00e4|\\?)ssw(ö|o|\\\\u00f6|\\?)rd-of|n(ä|\\\\u00e4|\\?)w-p|wrong-password"),
		HASH("argon2(id)?\\$|\\$argon2|pbkdf2:|scrypt:"), TOKEN("eyJ"), HEADER("(?i)authorization");

		final Pattern pattern;

		Secret(String pattern) {
			this.pattern = Pattern.compile(pattern);
		}

	}

	/**
	 * What happened and must be in the log.
	 *
	 * @param userId or a dash where nobody is known
	 */
	private record Event(String outcome, String requestId, String userId) {

	}

	/** Everything that a client may do, once, in a process of its own. */
	private static final class Run {

		final List<Event> events = new ArrayList<>();

		final List<String> tokens = new ArrayList<>();

		final String failure;

		final String output;

		Run(String... variables) throws Exception {
			Path folder = Service.folder();
			try (Program program = Program.start(folder, variables)) {
				Client nobody = new Client(program.address());
				String email = Account.newEmail();
				Answer luna = signUp(nobody, email, "\\\"Luna\\\"");
				String id = luna.text("id");
				String path = "/users/" + id + "/";
				event("Signed up", luna, id);
				event("Refused: This email is already registered", signUp(nobody, email, "Luna"), "-");
				Answer login = Account.login(nobody, email, PASSWORD).is(200);
				event("Logged in, session " + login.text("session_id"), login, id);
				this.tokens.add(login.text("token"));
				Client self = nobody.as(login.text("token"));
				event("Refused: Incorrect password", Account.login(nobody, email, "wrong-password"), id);
				event("Refused: Incorrect email", Account.login(nobody, "x" + email, PASSWORD), "-");
				event("Refused: Authentication failed", nobody.get("/users/"), "-");
				nobody.as(this.tokens.get(0) + "x").get("/users/").refused(401, "Authentication failed");
				nobody.as("Bearer eyJhbGciOiJub25lIn0.e30.").get("/users/").refused(401, "Authentication failed");
				event("Refused: Permission denied", self.delete("/users/" + id + "9/"), id);
				event("Changed", self.put(path, "{\"password\": \"" + NEW_PASSWORD + "\"}").is(200), id);
				forge(nobody, self, path, email);
				Answer other = signUp(nobody, Account.newEmail(), "Other").is(201);
				this.failure = failure(folder, nobody, self, email);
				event("Deleted", self.delete(path).is(204), id);
				assertThat(other.status()).isEqualTo(201);
				program.terminate();
				this.output = String.join("\n", program.printed());
			}
		}

		private static Answer signUp(Client nobody, String email, String name) {
			return nobody.post("/users/", """
					{"first_name": "%s", "last_name": "L", "email": "%s", "password": "%s"}""".formatted(name, email,
					PASSWORD));
		}

		private void event(String outcome, Answer answer, String userId) {
			this.events.add(new Event(outcome, answer.header("X-Request-Id"), userId));
		}

		/** Tries to write a line of the log by every text that a client may send. */
		private static void forge(Client nobody, Client self, String path, String email) {
			String json = "\\n" + FORGED + "\\u001b[31m\\r" + FORGED + "\\u2028" + FORGED + "\\u0085" + FORGED;
			String url = ("%0A" + FORGED + "%1B%0D%0A" + FORGED).replace(" ", "%20");
			signUp(nobody, "forged@example.com", json);
			signUp(nobody, json + "@example.com", "Luna");
			self.put(path, "{\"first_name\": \"%s\"}".formatted(json));
			self.put(path, "{\"%s\": \"\\u2028%s\", \"first_name\": \"\\u2028%s\"}".formatted(json, json, FORGED));
			Account.login(nobody, json, "wrong-password" + json);
			Account.login(nobody, email + "\\u2028" + FORGED, "wrong-password");
			nobody.post("/auth/get-token/", "{\"email\": " + FORGED + "\n" + FORGED);
			self.get("/" + url);
			self.get("/users/" + url + "/");
			self.get("/users/?" + url + "=" + url);
			self.send("FORGED", "/users/", "");
			for (String header : new String[] { "X-Request-Id", "X-Forwarded-For", "User-Agent", "Accept",
					"Content-Type" }) {
				nobody.with(header, FORGED).post("/auth/get-token/", "{}");
				nobody.with(header, "\t" + FORGED).get("/nowhere/" + url);
			}
		}

		/** Makes the service fail, as nobody expects its table to be gone for a while. */
		private static String failure(Path folder, Client nobody, Client self, String email) throws SQLException {
			try (Connection connection = DriverManager.getConnection(Service.url(folder));
					Statement sql = connection.createStatement()) {
				sql.execute("alter table \"user\" rename to hidden");
				self.get("/users/").refused(500, "Internal Server Error");
				signUp(nobody, "after-" + email, "\\u2028" + FORGED).refused(500, "Internal Server Error");
				Answer answer = Account.login(nobody, email, NEW_PASSWORD).refused(500, "Internal Server Error");
				sql.execute("alter table hidden rename to \"user\"");
				return answer.header("X-Request-Id");
			}
		}

	}

}
