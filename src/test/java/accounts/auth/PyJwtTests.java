package accounts.auth;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;

import accounts.Account;
import accounts.Client;
import accounts.Service;
import accounts.TestClock;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The service and PyJWT, which the tutorial's clients may use, understand each other's
 * tokens: the vectors are those of {@code src/test/resources/pyjwt/vectors.py}.
 */
class PyJwtTests {

	/** When the vector of ours was made. */
	private static final Instant THEN = Instant.parse("2026-01-01T00:00:00Z");

	private static Service service;

	@BeforeAll
	static void start() throws Exception {
		service = Service.start("accounts.token.secret=" + read("secret.txt"));
		assertThat(service.account().id()).isEqualTo(1);
	}

	@AfterAll
	static void stop() {
		service.close();
	}

	private static final List<String> SESSION = List.of("sid", "rid", "status");

	@Test
	void aTokenThatPyJwtMadeWithTheSecretHolds() throws Exception {
		Client client = service.client().as(read("pyjwt.jwt"));
		assertThat(client.get("/users/me/").is(200).json().path("id").longValue()).isEqualTo(1);
	}

	@Test
	void aTokenThatPyJwtMadeWithTheSecretHoldsInNoServiceWithAnother() throws Exception {
		Account first = Service.shared().account();
		first.client().as(read("pyjwt.jwt")).get("/users/me/").refused(401, "Authentication failed");
	}

	@Test
	void aTokenOfOursThatPyJwtReadsIsOneAsWeMakeThem() throws Exception {
		String vector = read("accounts.jwt");
		assertThat(TokenApiTests.sign(json(vector, 0), json(vector, 1), read("secret.txt"))).isEqualTo(vector);
		String token;
		TestClock clock = service.clock();
		try {
			clock.move(Duration.between(clock.instant(), THEN).plusMillis(500));
			Instant now = clock.instant();
			token = service.bean(AccessTokens.class)
				.issue(1, RefreshToken.create(1, 0, service.bean(KeyRing.class).sealing()),
						new StatusLists.Reference("http://127.0.0.1/", 1), now, now.plusSeconds(3600));
		}
		finally {
			clock.reset();
		}
		assertThat(TokenApiTests.sign(json(token, 0), json(token, 1), read("secret.txt"))).isEqualTo(token);
		assertThat(header(token).path("alg")).isEqualTo(header(vector).path("alg"));
		assertThat(header(token).path("typ")).isEqualTo(header(vector).path("typ"));
		ObjectNode claims = (ObjectNode) new JsonMapper().readTree(json(token, 1));
		// A session's claims are of the day
		assertThat(claims.remove(SESSION))
			.isEqualTo(((ObjectNode) new JsonMapper().readTree(json(vector, 1))).remove(SESSION));
	}

	@Test
	void theTutorialsOwnTokenIsRefused() {
		service.client()
			.as("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpZCI6MX0.aLguoZFXtq0AEUrmAm4CrCUKKq9zt4h8ZmDE5QWgSdw")
			.get("/users/me/")
			.refused(401, "Authentication failed");
	}

	private static JsonNode header(String token) {
		return new JsonMapper().readTree(json(token, 0));
	}

	private static String json(String token, int part) {
		return new String(Base64.getUrlDecoder().decode(token.split("\\.", -1)[part]), StandardCharsets.UTF_8);
	}

	private static String read(String name) throws IOException {
		try (InputStream file = PyJwtTests.class.getResourceAsStream("/pyjwt/" + name)) {
			return new String(file.readAllBytes(), StandardCharsets.US_ASCII).strip();
		}
	}

}
