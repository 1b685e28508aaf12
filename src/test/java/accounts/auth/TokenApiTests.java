package accounts.auth;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import accounts.Account;
import accounts.Answer;
import accounts.Client;
import accounts.RawHttp;
import accounts.Service;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/** The contract's part "Tokens". */
class TokenApiTests {

	private static final String SECRET = "9f1c8d0e77a64b52b3c15e0a4d8f2b6c";

	private final Service service = Service.shared();

	private final Client nobody = this.service.client();

	@Test
	void loggingInAnswersWithATokenThatSaysWhoItsBearerIs() {
		Account account = this.service.account();
		Answer answer = Account.login(this.nobody, " " + account.email().replace('u', 'U') + " ", account.password())
			.is(200);
		assertThat(answer.json().path("user_id").longValue()).isEqualTo(account.id());
		assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
		JsonNode claims = claims(answer.text("token"));
		assertThat(claims.path("id").longValue()).isEqualTo(account.id());
		assertThat(claims.path("sub").stringValue()).isEqualTo(Long.toString(account.id()));
		assertThat(claims.path("iss").stringValue()).isEqualTo("accounts");
		assertThat(claims.path("exp").longValue() - claims.path("iat").longValue()).isEqualTo(3600);
	}

	@Test
	void anUnknownEmailAndAWrongPasswordAreToldApart() {
		Account account = this.service.account();
		Account.login(this.nobody, "nobody@example.com", "1234").refused(401, "Incorrect email");
		Account.login(this.nobody, account.email(), "1234").refused(401, "Incorrect password");
	}

	@Test
	void emailAndPasswordMustBeThereAndText() {
		this.nobody.post("/auth/get-token/", "{}").missing("email", "password");
		this.nobody.post("/auth/get-token/", "{\"email\": 1, \"password\": null}").wrong("email", "password");
		this.nobody.post("/auth/get-token/", "{\"email\": \"a@b\"}").missing("password");
		Account.login(this.nobody, " ", "").missing("email", "password");
		Account.login(this.nobody, "a@b", "").missing("password");
		this.nobody.post("/auth/get-token/", "{\"email\": \"a@b\", \"password\": \"\\u0000\"}").wrong("password");
	}

	@Test
	void aPasswordOf256CharactersCountsToItsLastByte() {
		String email = Account.newEmail();
		String password = "é🦉".repeat(127) + "éà";
		this.nobody
			.post("/users/",
					"""
							{"first_name": "A", "last_name": "B", "email": "%s", "password": "%s"}""".formatted(email,
							password))
			.is(201);
		Account.login(this.nobody, email, password).is(200);
		Account.login(this.nobody, email, password.replace('à', 'á')).refused(401, "Incorrect password");
	}

	@Test
	void aTokenIsTakenAsItStandsAndAfterBearer() {
		Account account = this.service.account();
		this.nobody.as(account.token()).get("/users/me/").is(200);
		this.nobody.as("Bearer " + account.token()).get("/users/me/").is(200);
		this.nobody.as("bearer  " + account.token()).get("/users/me/").is(200);
		this.nobody.as("Basic " + account.token()).get("/users/me/").refused(401, "Authentication failed");
	}

	@Test
	void aTokenHoldsForItsLifetimeAndNoLonger() {
		try (Service own = Service.start("accounts.token.lifetime=10m")) {
			Account account = own.account();
			own.clock().move(Duration.ofSeconds(595));
			account.client().get("/users/me/").is(200);
			own.clock().move(Duration.ofSeconds(6));
			account.client().get("/users/me/").refused(401, "Authentication failed");
		}
	}

	@Test
	void aTokenOutlivesARestart() {
		Account account;
		var folder = Service.folder();
		try (Service first = Service.startIn(folder)) {
			account = first.account();
		}
		try (Service second = Service.startIn(folder)) {
			second.client().as(account.token()).get("/users/me/").is(200);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "x", "..", "a.b.c", "Bearer", "Bearer ", "null", "undefined" })
	void whatIsNoTokenIsRefused(String token) {
		this.nobody.as(token).get("/users/me/").refused(401, "Authentication failed");
	}

	@Test
	void onlyATokenWithOurAlgorithmKeyAndClaimsHolds() throws Exception {
		try (Service own = Service.start("accounts.token.secret=" + SECRET)) {
			long id = own.account().id();
			String header = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
			String claims = "{\"id\":%s,\"sub\":\"%s\",\"iss\":\"accounts\",\"iat\":1,\"exp\":99999999999}"
				.formatted(id, id);
			own.client().as(sign(header, claims, SECRET)).get("/users/me/").is(200);
			// A time may have a fraction (RFC 7519, section 2)
			own.client()
				.as(sign(header, claims.replace("99999999999", "99999999999.5"), SECRET))
				.get("/users/me/")
				.is(200);

			refused(own, sign(header, claims, "another-secret-of-at-least-32-bytes"));
			refused(own, sign(header, claims.replace(",\"exp\":99999999999", ""), SECRET));
			refused(own, sign(header, claims.replace("99999999999", "1000000000"), SECRET));
			refused(own, sign(header, claims.replace("\"accounts\"", "\"others\""), SECRET));
			refused(own, sign(header, claims.replace("\"iss\":\"accounts\",", ""), SECRET));
			refused(own, sign(header, claims.replace("\"id\":%s,".formatted(id), ""), SECRET));
			for (String wrong : new String[] { "\"%s\"", "%s.0", "%s.5", "[%s]", "{\"a\":%s}", "true", "null",
					"1%s" }) {
				refused(own, sign(header, claims.replace("\"id\":" + id, "\"id\":" + wrong.formatted(id)), SECRET));
			}
			refused(own, sign("{\"alg\":\"HS512\"}", claims, SECRET));
			refused(own, sign("{\"alg\":\"none\"}", claims, SECRET));
			refused(own, base64("{\"alg\":\"none\"}") + "." + base64(claims) + ".");
			String good = sign(header, claims, SECRET);
			refused(own, good.substring(0, good.lastIndexOf('.') + 1));
			refused(own, good.replace(base64(claims), base64(claims.replace("\"id\":", "\"id\":1"))));
		}
	}

	@Test
	void twoTokensInOneRequestAreNone() throws Exception {
		Account account = this.service.account();
		String answer = RawHttp.send(this.service.address(),
				"GET /users/me/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: " + account.token()
						+ "\r\nAuthorization: " + account.token() + "\r\n\r\n");
		assertThat(answer).startsWith("HTTP/1.1 401");
	}

	private static void refused(Service service, String token) {
		service.client().as(token).get("/users/me/").refused(401, "Authentication failed");
	}

	private static JsonNode claims(String token) {
		return new JsonMapper()
			.readTree(Base64.getUrlDecoder().decode(token.substring(token.indexOf('.') + 1, token.lastIndexOf('.'))));
	}

	static String sign(String header, String claims, String secret) throws Exception {
		String algorithm = header.contains("HS512") ? "HmacSHA512" : "HmacSHA256";
		Mac mac = Mac.getInstance(algorithm);
		mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), algorithm));
		String content = base64(header) + "." + base64(claims);
		return content + "."
				+ Base64.getUrlEncoder()
					.withoutPadding()
					.encodeToString(mac.doFinal(content.getBytes(StandardCharsets.US_ASCII)));
	}

	static String base64(String text) {
		return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
	}

}
