package accounts.auth;

import java.math.BigInteger;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import javax.crypto.spec.SecretKeySpec;

import accounts.Account;
import accounts.Answer;
import accounts.Service;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

import org.springframework.boot.logging.LoggingSystem;

import static org.assertj.core.api.Assertions.assertThat;

/** Keys: how others learn of them, and how one follows another without a logout. */
class KeyTests {

	private static final String SECRET = "accounts.token.secret=9f1c8d0e77a64b52b3c15e0a4d8f2b6c";

	private static final String OTHER = "b8e2f4a6c1d35790eb4c6a8f1d2e3c5b";

	private static final String OTHER_SECRET = "accounts.token.secret=" + OTHER;

	/** The first secret, when the other one signs. */
	private static final String PREVIOUS = SECRET.replace("secret=", "secret-previous=");

	private static final String KEYS = "/.well-known/jwks.json";

	@ParameterizedTest
	@EnumSource
	void aKeyIsMadeAtFirstUseAndOutlivesARestart(SigningAlgorithm algorithm) {
		Path folder = Service.folder();
		Account account;
		String keys;
		try (Service first = Service.startIn(folder, algorithm(algorithm))) {
			account = first.account();
			keys = first.client().get(KEYS).is(200).body();
			assertThat(Forge.header(account.token()).path("alg").stringValue()).isEqualTo(algorithm.name());
		}
		try (Service second = Service.startIn(folder, algorithm(algorithm))) {
			holds(second, account.token());
			assertThat(second.client().get(KEYS).body()).isEqualTo(keys);
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "ES256", "EdDSA" })
	void anotherServiceVerifiesOurTokensWithThePublicKeys(SigningAlgorithm algorithm) throws Exception {
		try (Service service = Service.start(algorithm(algorithm), "accounts.url=" + OtherService.URL)) {
			Account account = service.account();
			OtherService other = new OtherService(service);
			assertThat(other.accepts(account.token())).isTrue();
			String stranger = Forge.token(Forge.header(account.token()).toString(),
					Forge.claims(account.token()).toString(), algorithm, algorithm.create().signing());
			assertThat(other.accepts(stranger)).isFalse();
		}
	}

	@Test
	void thePublicKeysAreOpenAndCacheable() {
		try (Service service = Service.start(algorithm(SigningAlgorithm.ES256))) {
			Answer answer = service.client().get(KEYS).is(200);
			assertThat(answer.header("Content-Type")).isEqualTo("application/json");
			assertThat(answer.headers("Cache-Control")).containsExactly("max-age=60, public");
			String tag = answer.header("ETag");
			assertThat(tag).matches("\"[0-9a-f]+\"");
			Answer same = service.client().with("If-None-Match", tag).get(KEYS).is(304);
			assertThat(same.body()).isEmpty();
			assertThat(same.header("ETag")).isEqualTo(tag);
			service.client().with("If-None-Match", "\"other\"").get(KEYS).is(200);
			Answer head = service.client().send("HEAD", KEYS, BodyPublishers.noBody()).is(200);
			assertThat(head.body()).isEmpty();
			assertThat(head.header("ETag")).isEqualTo(tag);
			service.client().as("no token").get(KEYS).is(200);
			service.client().post(KEYS, "{}").refused(405, "Method Not Allowed");

			service.bean(KeyRing.class).rotate();
			assertThat(service.client().with("If-None-Match", tag).get(KEYS).is(200).header("ETag")).isNotEqualTo(tag);
		}
	}

	@Test
	void theSetHoldsPublicMembersOnly() {
		JsonNode ec = onlyKey(SigningAlgorithm.ES256);
		assertThat(ec.propertyNames()).containsExactlyInAnyOrder("kty", "crv", "x", "y", "kid", "alg", "use");
		assertThat(ec.path("kty").stringValue()).isEqualTo("EC");
		assertThat(ec.path("crv").stringValue()).isEqualTo("P-256");
		assertThat(ec.path("alg").stringValue()).isEqualTo("ES256");
		assertThat(ec.path("use").stringValue()).isEqualTo("sig");

		JsonNode okp = onlyKey(SigningAlgorithm.EdDSA);
		assertThat(okp.propertyNames()).containsExactlyInAnyOrder("kty", "crv", "x", "kid", "alg", "use");
		assertThat(okp.path("kty").stringValue()).isEqualTo("OKP");
		assertThat(okp.path("crv").stringValue()).isEqualTo("Ed25519");
		assertThat(okp.path("alg").stringValue()).isEqualTo("EdDSA");
		assertThat(okp.path("use").stringValue()).isEqualTo("sig");

		assertThat(Service.shared().client().get(KEYS).is(200).body()).isEqualTo("{\"keys\":[]}");
	}

	@Test
	void aCoordinateThatBeginsWithZerosIsWrittenInFull() throws Exception {
		try (Service service = Service.start(algorithm(SigningAlgorithm.ES256))) {
			SigningKey.Material material;
			do {
				material = SigningAlgorithm.ES256.create();
			}
			while (((ECPublicKey) material.verifying()).getW()
				.getAffineX()
				.compareTo(BigInteger.ONE.shiftLeft(248)) >= 0);
			add(service, "0000", SigningAlgorithm.ES256, material);
			JsonNode key = service.client().get(KEYS).json().path("keys").path(1);
			assertThat(key.path("x").stringValue()).hasSize(43).startsWith("A");
		}
	}

	@Test
	void aNewKeyIsPublishedBeforeItSignsAndTheOldOneVerifiesUntilItsTokensHaveExpired() {
		try (Service service = Service.start(algorithm(SigningAlgorithm.ES256))) {
			KeyRing keys = service.bean(KeyRing.class);
			Account account = service.account();
			String old = kid(account.token());
			SigningKey next = keys.rotate();
			assertThat(kids(service)).containsExactly(old, next.id());
			assertThat(next.signsFrom()).isAfter(service.clock().instant().plusSeconds(110));
			assertThat(kid(login(service, account))).isEqualTo(old);

			service.clock().move(Duration.ofMinutes(2).plusSeconds(1));
			String token = login(service, account);
			assertThat(kid(token)).isEqualTo(next.id());
			holds(service, token);
			holds(service, account.token());

			service.clock().move(Duration.ofMinutes(57));
			keys.tend();
			holds(service, account.token());
			assertThat(kids(service)).containsExactly(old, next.id());

			service.clock().move(Duration.ofMinutes(5));
			keys.tend();
			assertThat(kids(service)).containsExactly(next.id());
			assertThat(service.bean(SigningKeyRepository.class).all()).extracting(SigningKeyRepository.Row::id)
				.contains(next.id())
				.doesNotContain(old);
			holds(service, login(service, account));
		}
	}

	@Test
	void keysThatArePublicRotateEvery30Days() {
		try (Service service = Service.start(algorithm(SigningAlgorithm.EdDSA))) {
			Account account = service.account();
			service.clock().move(Duration.ofDays(29));
			service.bean(KeyRing.class).tend();
			assertThat(kids(service)).hasSize(1);
			service.clock().move(Duration.ofHours(24));
			service.bean(KeyRing.class).tend();
			assertThat(kids(service)).hasSize(2);
			service.bean(KeyRing.class).tend();
			assertThat(kids(service)).hasSize(2);
			service.clock().move(Duration.ofMinutes(3));
			assertThat(kid(login(service, account))).isEqualTo(kids(service).get(1));
		}
	}

	@Test
	void aSecretRotatesOnlyIfASettingSaysSo() {
		try (Service service = Service.start()) {
			String kid = kid(service.account().token());
			service.clock().move(Duration.ofDays(1000));
			service.bean(KeyRing.class).tend();
			service.clock().move(Duration.ofDays(1));
			assertThat(kid(service.account().token())).isEqualTo(kid);
		}
		try (Service service = Service.start("accounts.token.rotation=10d")) {
			Account account = service.account();
			service.clock().move(Duration.ofDays(10));
			String before = login(service, account);
			service.bean(KeyRing.class).tend();
			service.clock().move(Duration.ofMinutes(3));
			String after = login(service, account);
			assertThat(kid(after)).isNotEqualTo(kid(before));
			holds(service, before);
			holds(service, after);
		}
	}

	@Test
	void anotherAlgorithmLogsNobodyOut() {
		Path folder = Service.folder();
		List<String> tokens = new ArrayList<>();
		Account account = null;
		for (List<String> settings : List.of(List.of("accounts.token.algorithm=HS256"),
				List.of("accounts.token.algorithm=ES256"), List.of("accounts.token.algorithm=EdDSA"),
				List.of("accounts.token.algorithm=HS256"), List.of(SECRET),
				List.of(SECRET, "accounts.token.algorithm=ES256"), List.of(SECRET, "accounts.token.algorithm=HS256"),
				List.of(SECRET, "accounts.token.algorithm=EdDSA"))) {
			try (Service service = Service.startIn(folder, settings.toArray(String[]::new))) {
				account = (account != null) ? account : service.account();
				tokens.forEach((token) -> holds(service, token));
				service.clock().move(Duration.ofMinutes(20));
				service.bean(KeyRing.class).tend();
				String token = login(service, account);
				assertThat(settings).anyMatch((setting) -> setting.equals(SECRET)
						|| setting.endsWith(Forge.header(token).path("alg").stringValue()));
				holds(service, token);
				tokens.add(token);
			}
		}
	}

	@Test
	void whoRemovesTheSecretEndsItsTokensAndNoSession() {
		Path folder = Service.folder();
		String refreshToken;
		Account account;
		try (Service service = Service.startIn(folder, SECRET)) {
			account = service.account();
			refreshToken = Account.login(service.client(), account.email(), account.password()).text("refresh_token");
		}
		try (Service service = Service.startIn(folder)) {
			service.client().as(account.token()).get("/users/me/").refused(401, "Authentication failed");
			String token = service.client()
				.post("/auth/refresh/", "{\"refresh_token\": \"" + refreshToken + "\"}")
				.is(200)
				.text("token");
			holds(service, token);
		}
	}

	@Test
	void aSecretThatIsReplacedVerifiesAsThePreviousOneAndSignsNoMore() {
		Path folder = Service.folder();
		String before;
		Account account;
		try (Service service = Service.startIn(folder, SECRET)) {
			account = service.account();
			before = account.token();
			holds(service, before);
		}
		String others = anotherProgramsToken(before, "9f1c8d0e77a64b52b3c15e0a4d8f2b6c");
		String after;
		try (Service service = Service.startIn(folder, OTHER_SECRET, PREVIOUS)) {
			after = login(service, account);
			for (String token : List.of(before, others, after, anotherProgramsToken(after, OTHER))) {
				holds(service, token);
			}
			assertThat(after).isEqualTo(signed(Forge.header(after).toString(), Forge.claims(after).toString(), OTHER));
			refused(service, anotherProgramsToken(before, "e3b0c44298fc1c149afbf4c8996fb924"));
		}
		try (Service service = Service.startIn(folder, OTHER_SECRET)) {
			holds(service, after);
			refused(service, before);
			refused(service, others);
		}
		// Without a secret, what it signed still holds, and a key of the database signs
		try (Service service = Service.startIn(folder, "accounts.token.secret-previous=" + OTHER)) {
			holds(service, after);
			holds(service, anotherProgramsToken(after, OTHER));
			String own = login(service, account);
			assertThat(kid(own)).isNotEqualTo(SigningKey.CONFIGURED);
			holds(service, own);
			refused(service, before);
			service.clock().move(Duration.ofMinutes(62));
			service.bean(KeyRing.class).tend();
			refused(service, signed(Forge.header(after).toString(),
					Forge.claims(after).put("exp", service.clock().instant().getEpochSecond() + 60).toString(), OTHER));
		}
	}

	@Test
	void instancesThatChangeTheirSecretOneAfterTheOtherRefuseNoToken() {
		Path folder = Service.folder();
		try (Service old = Service.startIn(folder, SECRET, "accounts.token.secret-previous=" + OTHER);
				Service changed = Service.startIn(folder, OTHER_SECRET, PREVIOUS)) {
			Account account = old.account();
			String token = login(changed, account);
			assertThat(kid(token)).isEqualTo(kid(account.token()));
			for (Service each : List.of(old, changed)) {
				holds(each, account.token());
				holds(each, token);
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void instancesThatStartTogetherAgree(SigningAlgorithm algorithm) throws Exception {
		Path folder = Service.folder();
		// The log of one process can't be set up by four threads at a time
		System.setProperty(LoggingSystem.SYSTEM_PROPERTY, LoggingSystem.NONE);
		List<Service> services = together(4, () -> Service.startIn(folder, algorithm(algorithm)));
		try {
			for (Service one : services) {
				Account account = one.account();
				for (Service other : services) {
					holds(other, account.token());
					assertThat(other.client().get(KEYS).header("ETag"))
						.isEqualTo(one.client().get(KEYS).header("ETag"));
				}
			}
			assertThat(services.get(0).bean(SigningKeyRepository.class).all()).hasSize(2);
		}
		finally {
			System.clearProperty(LoggingSystem.SYSTEM_PROPERTY);
			services.forEach(Service::close);
		}
	}

	@Test
	void instancesThatRotateTogetherMakeOneKeyAndAgreeWithinAMinute() throws Exception {
		Path folder = Service.folder();
		try (Service one = Service.startIn(folder, algorithm(SigningAlgorithm.ES256));
				Service two = Service.startIn(folder, algorithm(SigningAlgorithm.ES256))) {
			Account account = one.account();
			List<SigningKey> made = together(8,
					() -> ((Thread.currentThread().getId() % 2 == 0) ? one : two).bean(KeyRing.class).rotate());
			assertThat(made).extracting(SigningKey::signsFrom).allMatch((from) -> from.isAfter(Instant.now()));
			one.bean(KeyRing.class).tend();
			two.bean(KeyRing.class).tend();
			assertThat(kids(one)).isEqualTo(kids(two));
			// Each signs by its own clock, and the slower one knows the key of the faster
			one.clock().move(Duration.ofMinutes(20));
			String token = login(one, account);
			assertThat(kid(token)).isNotEqualTo(kid(account.token()));
			holds(one, token);
			two.clock().move(Duration.ofMinutes(20));
			holds(two, token);
			holds(one, login(two, account));
		}
	}

	static String algorithm(SigningAlgorithm algorithm) {
		return "accounts.token.algorithm=" + algorithm;
	}

	/** Adds a key to the service's that signs from the last day of this century. */
	static void add(Service service, String id, SigningAlgorithm algorithm, SigningKey.Material material) {
		SigningKeyRepository keys = service.bean(SigningKeyRepository.class);
		List<SigningKeyRepository.Row> rows = keys.all();
		keys.add(new SigningKeyRepository.Row(id, algorithm.name(), material.signing().getEncoded(),
				material.verifying().getEncoded(), false, 4_133_894_400L), rows.get(rows.size() - 1));
		service.bean(KeyRing.class).tend();
	}

	private static JsonNode onlyKey(SigningAlgorithm algorithm) {
		try (Service service = Service.start(algorithm(algorithm))) {
			Answer answer = service.client().get(KEYS).is(200);
			assertThat(answer.json().propertyNames()).containsExactly("keys");
			assertThat(answer.json().path("keys")).hasSize(1);
			JsonNode key = answer.json().path("keys").path(0);
			assertThat(key.path("kid").stringValue()).isEqualTo(kid(service.account().token()));
			return key;
		}
	}

	private static List<String> kids(Service service) {
		List<String> kids = new ArrayList<>();
		service.client()
			.get(KEYS)
			.is(200)
			.json()
			.path("keys")
			.forEach((key) -> kids.add(key.path("kid").stringValue()));
		return kids;
	}

	private static String kid(String token) {
		return Forge.header(token).path("kid").stringValue();
	}

	private static String login(Service service, Account account) {
		return Account.login(service.client(), account.email(), account.password()).is(200).text("token");
	}

	private static void refused(Service service, String token) {
		service.client().as(token).get("/users/me/").refused(401, "Authentication failed");
	}

	/** A token without a kid and a session. */
	private static String anotherProgramsToken(String token, String secret) {
		return signed("{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
				Forge.claims(token).without(List.of("sid", "status")).toString(), secret);
	}

	private static String signed(String header, String claims, String secret) {
		return Forge.token(header, claims, SigningAlgorithm.HS256,
				new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
	}

	private static void holds(Service service, String token) {
		service.client().as(token).get("/users/me/").is(200);
	}

	private static <T> List<T> together(int number, Callable<T> work) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(number);
		try {
			List<T> results = new ArrayList<>();
			for (Future<T> future : threads.invokeAll(Collections.nCopies(number, work))) {
				results.add(future.get());
			}
			return results;
		}
		finally {
			threads.shutdown();
		}
	}

}
