package accounts.auth;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.stream.LongStream;

import accounts.Account;
import accounts.Service;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

/**
 * Tokens forged in the ways that RFC 8725 and the OWASP sheets list (ASVS 9.1, 9.2), most
 * of them with a signature that is right. Whatever is wrong, the answer is the same.
 */
@Tag("sqlite")
@ParameterizedClass
@EnumSource
class ForgedTokenTests {

	private static final JsonMapper JSON = new JsonMapper();

	private static Service service;

	private static Account account;

	private static SigningKey key;

	private static AccessTokens tokens;

	@Parameter
	private SigningAlgorithm algorithm;

	@BeforeParameterizedClassInvocation
	static void start(SigningAlgorithm algorithm) {
		service = Service.start("accounts.token.algorithm=" + algorithm);
		account = service.account();
		key = service.bean(KeyRing.class).signing();
		tokens = service.bean(AccessTokens.class);
	}

	@AfterParameterizedClassInvocation
	static void stop() {
		service.close();
	}

	@Test
	void aTokenLikeOursIsAccepted() {
		service.client().as(forge((header) -> {
		}, (claims) -> {
		})).get("/users/me/").is(200);
	}

	@Test
	void noneIsNoAlgorithm() {
		String signature = account.token().substring(account.token().lastIndexOf('.') + 1);
		for (String none : List.of("none", "None", "NONE", "nOnE", "none ", "")) {
			String content = Forge.base64(header((header) -> header.put("alg", none)).toString()) + "."
					+ Forge.base64(Forge.claims(account.token()).toString());
			refused(content);
			refused(content + ".");
			refused(content + "." + signature);
			refused(forge((header) -> header.put("alg", none), (claims) -> {
			}));
		}
		refusedHeader((header) -> header.remove("alg"));
		refusedHeader((header) -> header.putNull("alg"));
		refusedHeader((header) -> header.put("alg", 256));
		refusedHeader((header) -> header.put("alg", key.algorithm().name().toLowerCase(Locale.ROOT)));
		refusedHeader((header) -> header.putArray("alg").add(key.algorithm().name()));
	}

	@Test
	void aPublicKeyIsNoSecret() {
		byte[] der = key.material().verifying().getEncoded();
		String mime = Base64.getMimeEncoder(64, "\n".getBytes(UTF_8)).encodeToString(der);
		String jwks = service.client().get("/.well-known/jwks.json").body();
		for (String known : List.of("-----BEGIN PUBLIC KEY-----\n" + mime + "\n-----END PUBLIC KEY-----\n",
				"-----BEGIN PUBLIC KEY-----\n" + mime + "\n-----END PUBLIC KEY-----", mime, jwks,
				JSON.readTree(jwks).path("keys").path(0).toString(),
				JSON.readTree(jwks).path("keys").path(0).path("x").asString() + "0")) {
			if (!known.isEmpty()) {
				refusedHmac(known.getBytes(UTF_8));
			}
		}
		if (this.algorithm != SigningAlgorithm.HS256) {
			refusedHmac(der);
		}
		refusedHmac(new byte[32]);
		refusedHmac("secret".getBytes(UTF_8));
		refusedHmac("super-secret-string".getBytes(UTF_8));
	}

	@Test
	void onlyTheAlgorithmOfTheKeyCounts() {
		for (String other : List.of("HS256", "HS384", "HS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519",
				"Ed448", "RS256", "RS512", "PS256", "A128KW", "dir", "RSA-OAEP-256", "ECDH-ES")) {
			if (!other.equals(this.algorithm.name())) {
				refusedHeader((header) -> header.put("alg", other));
				refusedHeader((header) -> {
					header.put("alg", other);
					header.remove("kid");
				});
			}
		}
	}

	@Test
	void anotherKeyIsRefusedWhateverItsKind() throws Exception {
		for (SigningAlgorithm other : SigningAlgorithm.values()) {
			SigningKey stranger = new SigningKey(key.id(), other, other.create(), key.signsFrom());
			refused(Forge.token(header((header) -> header.put("alg", other.name())).toString(),
					Forge.claims(account.token()).toString(), stranger));
		}
		refusedKey("ES384", "SHA384withECDSAinP1363Format", "EC", new ECGenParameterSpec("secp384r1"));
		refusedKey("ES256", "SHA256withECDSAinP1363Format", "EC", new ECGenParameterSpec("secp384r1"));
		refusedKey("EdDSA", "EdDSA", "EdDSA", NamedParameterSpec.ED448);
		refusedKey("RS256", "SHA256withRSA", "RSA", null);
		refusedKey(this.algorithm.name(), "SHA256withRSA", "RSA", null);
	}

	@Test
	void aSignatureIsNeitherEmptyNorZeroNorOfAnotherForm() {
		String token = account.token();
		String content = token.substring(0, token.lastIndexOf('.'));
		byte[] signature = Base64.getUrlDecoder().decode(token.substring(content.length() + 1));
		refused(content);
		refused(content + ".");
		for (int length : new int[] { 1, 8, 31, 32, 63, 64, 65, 70, 96, 114, 132 }) {
			byte[] bytes = new byte[length];
			refused(content + "." + Forge.base64(bytes));
			Arrays.fill(bytes, (byte) 0xff);
			refused(content + "." + Forge.base64(bytes));
		}
		refused(content + "." + Forge.base64(Arrays.copyOf(signature, signature.length - 1)));
		refused(content + "." + Forge.base64(Arrays.copyOf(signature, signature.length + 1)));
		if (this.algorithm == SigningAlgorithm.ES256) {
			// As everybody but JOSE writes it (RFC 7518, 3.4)
			refused(content + "." + Forge.base64(Forge.sign("SHA256withECDSA", key.material().signing(), content)));
			// r = 0 and s = 1, s = n, r = n, and so on
			byte[] order = Base64.getUrlDecoder().decode("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE");
			for (byte[] r : List.of(new byte[32], order, Arrays.copyOf(signature, 32))) {
				for (byte[] s : List.of(new byte[32], order)) {
					byte[] both = Arrays.copyOf(r, 64);
					System.arraycopy(s, 0, both, 32, 32);
					refused(content + "." + Forge.base64(both));
				}
			}
		}
	}

	@Test
	void aKeyIdIsComparedAndNothingElse() {
		for (String kid : List.of("", " ", "0", "configured", "refresh-token", "../../../../dev/null", "/dev/null",
				"file:///proc/sys/kernel/randomize_va_space", "http://127.0.0.1/key", "' or '1'='1",
				"x' union select 'refresh-token', 'HS256', x'00', null, 0, 0 --", key.id() + " ", key.id() + "\u0000",
				key.id().toUpperCase(Locale.ROOT) + "X", "k".repeat(1000), "%00", "${jndi:ldap://127.0.0.1/}",
				"| touch /tmp/x")) {
			refusedHeader((header) -> header.put("kid", kid));
		}
		refusedHeader((header) -> header.put("kid", 1));
		refusedHeader((header) -> header.put("kid", true));
		refusedHeader((header) -> header.putArray("kid").add(key.id()));
		refusedHeader((header) -> header.putObject("kid").put("id", key.id()));
		if (this.algorithm != SigningAlgorithm.HS256) {
			refusedHeader((header) -> header.remove("kid"));
			refusedHeader((header) -> header.putNull("kid"));
		}
	}

	@Test
	void aTokenBringsNoKeyOfItsOwnAndAsksForNothing() throws Exception {
		KeyPair own = KeyPairGenerator.getInstance("EC").generateKeyPair();
		for (String member : List.of("jku", "x5u")) {
			refusedHeader((header) -> header.put(member, "http://127.0.0.1:1/jwks.json"));
		}
		refusedHeader((header) -> header.putObject("jwk")
			.put("kty", "oct")
			.put("k", Forge.base64(key.material().signing().getEncoded())));
		refusedHeader((header) -> header.putArray("x5c")
			.add(Base64.getEncoder().encodeToString(own.getPublic().getEncoded())));
		refusedHeader((header) -> header.put("x5t", "AAAA"));
		refusedHeader((header) -> header.put("x5t#S256", "AAAA"));
		refusedHeader((header) -> header.putArray("crit"));
		refusedHeader((header) -> header.putArray("crit").add("exp"));
		refusedHeader((header) -> {
			header.putArray("crit").add("b64");
			header.put("b64", false);
		});
		refusedHeader((header) -> header.put("b64", false));
		refusedHeader((header) -> header.put("zip", "DEF"));
		refusedHeader((header) -> header.put("zip", "GZIP"));
		refusedHeader((header) -> header.put("enc", "A256GCM"));
		refusedHeader((header) -> header.put("cty", "JWT"));
		refusedHeader((header) -> header.put("anything", 1));
	}

	@Test
	void aTokenIsOfOneType() {
		for (String other : List.of("statuslist+jwt", "at+jwt", "JWS", "JOSE", "JWT ", "application/jwt", "")) {
			refusedHeader((header) -> header.put("typ", other));
		}
		refusedHeader((header) -> header.remove("typ"));
		refusedHeader((header) -> header.put("typ", 1));
		refused(service.client().get("/auth/status-lists/0/").is(200).body());
	}

	@Test
	void noMemberComesTwice() {
		String header = header((fields) -> {
		}).toString();
		String claims = Forge.claims(account.token()).toString();
		for (String member : List.of("\"alg\":\"none\"", "\"typ\":\"JWT\"", "\"kid\":\"x\"")) {
			refused(Forge.token(header.replaceFirst("\\{", "{" + member + ","), claims, key));
			refused(Forge.token(header.replaceFirst("}$", "," + member + "}"), claims, key));
		}
		for (String member : List.of("\"id\":1", "\"sub\":\"1\"", "\"exp\":99999999999", "\"iss\":\"accounts\"",
				"\"\\u0069d\":1")) {
			refused(Forge.token(header, "{" + member + "," + claims.substring(1), key));
			refused(Forge.token(header, claims.substring(0, claims.length() - 1) + "," + member + "}", key));
		}
	}

	@Test
	void whatIsNoJsonObjectIsRefused() {
		String header = header((fields) -> {
		}).toString();
		String claims = Forge.claims(account.token()).toString();
		for (String other : List.of("", "null", "1", "\"text\"", "[]", "[" + claims + "]", claims + claims,
				claims + "x", claims.substring(1), "{", "\uFEFF" + claims, "'" + claims + "'",
				"{\"a\":" + "[".repeat(5000), "{\"a\":".repeat(5000) + "1" + "}".repeat(5000),
				claims.replace("\"exp\":", "\"exp\":1e"), claims.replace("\"exp\":", "\"exp\":" + "9".repeat(2000)),
				claims.replaceFirst("\\{", "{\"" + "n".repeat(20_000) + "\":1,"))) {
			refused(Forge.token(header, other, key));
			refused(Forge.token(other, claims, key));
		}
		byte[] broken = claims.getBytes(UTF_8);
		broken[3] = (byte) 0xff;
		refused(Forge.signed(Forge.base64(header) + "." + Forge.base64(broken), this.algorithm,
				key.material().signing()));
		refused(Forge.token(header.replace("{", "{\"kid2\":\"" + "x".repeat(100_000) + "\","), claims, key));
	}

	@Test
	void oneTokenIsInNoOther() {
		String token = account.token();
		refused(Forge.token(header((header) -> header.put("cty", "JWT")).toString(), token, key));
		refused(Forge.token(header((header) -> {
		}).toString(), token, key));
		refused(Forge.token(token, token, key));
		String[] parts = token.split("\\.", -1);
		refused(String.join(".", parts[0], parts[0], parts[1], parts[1], parts[2]));
		refused(String.join(".", Forge.base64("{\"alg\":\"dir\",\"enc\":\"A256GCM\"}"), "", "AAAAAAAAAAAAAAAA",
				parts[1], "AAAAAAAAAAAAAAAAAAAAAA"));
		refused(String.join(".", Forge.base64("{\"alg\":\"A128KW\",\"enc\":\"A128CBC-HS256\",\"zip\":\"DEF\"}"),
				parts[2], "AAAAAAAAAAAAAAAA", parts[1], parts[2]));
		refused(String.join(".", parts[0], "", parts[2]));
		refused("{\"payload\":\"%s\",\"protected\":\"%s\",\"signature\":\"%s\"}".formatted(parts[1], parts[0],
				parts[2]));
		refused("{\"payload\":\"%s\",\"signatures\":[{\"protected\":\"%s\",\"signature\":\"%s\"}]}".formatted(parts[1],
				parts[0], parts[2]));
	}

	@Test
	void aTokenIsWrittenInOneWayOnly() {
		String token = account.token();
		String[] parts = token.split("\\.", -1);
		for (int i = 0; i < parts.length; i++) {
			for (String other : List.of(parts[i] + "=", parts[i] + "==", parts[i] + "A", parts[i] + " ",
					parts[i] + "\t", parts[i].substring(0, 5) + " " + parts[i].substring(5), parts[i] + "%3D",
					parts[i] + "\u0000", parts[i] + "ä")) {
				String[] changed = parts.clone();
				changed[i] = other;
				refused(String.join(".", changed));
			}
			refusedLastBits(parts, i);
		}
		refused(token + ".");
		refused(token + "..");
		refused("." + token);
		refused(token.replace(".", ".."));
		refused(token.replace('.', ','));
		refused(token + "," + token);
		refused(token + " " + token);
		String classic = Base64.getEncoder()
			.withoutPadding()
			.encodeToString(Forge.claims(token).put("iss", "accounts").put("a", "???>>>").toString().getBytes(UTF_8));
		assertThat(classic).containsAnyOf("+", "/");
		refused(Forge.signed(parts[0] + "." + classic, this.algorithm, key.material().signing()));
	}

	@Test
	void aTokenHoldsForATimeThatItNamesInSeconds() {
		long now = service.clock().instant().getEpochSecond();
		refusedClaims((claims) -> claims.remove("exp"));
		refusedClaims((claims) -> claims.putNull("exp"));
		refusedClaims((claims) -> claims.put("exp", ""));
		refusedClaims((claims) -> claims.put("exp", "soon"));
		refusedClaims((claims) -> claims.put("exp", "" + (now + 100)));
		refusedClaims((claims) -> claims.put("exp", "2999-01-01T00:00:00Z"));
		refusedClaims((claims) -> claims.put("exp", Double.MAX_VALUE));
		refusedClaims((claims) -> claims.put("exp", true));
		refusedClaims((claims) -> claims.putArray("exp").add(now + 100));
		refusedClaims((claims) -> claims.put("exp", 0));
		refusedClaims((claims) -> claims.put("exp", -1));
		refusedClaims((claims) -> claims.put("exp", Long.MIN_VALUE));
		refusedClaims((claims) -> claims.put("exp", Long.MAX_VALUE));
		refusedClaims((claims) -> claims.put("exp", Long.MAX_VALUE / 1000 + 1));
		refusedClaims((claims) -> claims.put("exp", new BigInteger("9".repeat(30))));
		refusedClaims((claims) -> claims.put("exp", now - 61));
		refusedClaims((claims) -> claims.put("nbf", now + 120));
		refusedClaims((claims) -> claims.put("nbf", "" + (now - 120)));
		refusedClaims((claims) -> claims.put("nbf", "later"));
		refusedClaims((claims) -> claims.put("nbf", Long.MAX_VALUE));
		refusedClaims((claims) -> claims.put("iat", "now"));
	}

	@Test
	void aTokenThatWasUsedIsRefusedAllTheSameBeforeItsTime() {
		String token = forge((header) -> {
		}, (claims) -> claims.put("nbf", claims.get("iat").longValue() - 60));
		service.client().as(token).get("/users/me/").is(200);
		service.clock().move(Duration.ofMinutes(-2));
		try {
			refused(token);
			service.client().as(account.token()).get("/users/me/").is(200);
		}
		finally {
			service.clock().reset();
		}
		service.client().as(token).get("/users/me/").is(200);
	}

	@Test
	void aTokenIsFromUsAndForUs() {
		refusedClaims((claims) -> claims.remove("iss"));
		refusedClaims((claims) -> claims.putNull("iss"));
		refusedClaims((claims) -> claims.put("iss", ""));
		refusedClaims((claims) -> claims.put("iss", "Accounts"));
		refusedClaims((claims) -> claims.put("iss", "accounts "));
		refusedClaims((claims) -> claims.put("iss", 1));
		refusedClaims((claims) -> claims.putArray("iss").add("accounts"));
		refusedClaims((claims) -> claims.put("aud", "others"));
		refusedClaims((claims) -> claims.put("aud", "accounts"));
		refusedClaims((claims) -> claims.put("aud", 1));
		refusedClaims((claims) -> claims.putArray("aud").add("accounts").add("others"));
	}

	@Test
	void aTokenNamesOneUser() {
		long id = account.id();
		Account other = service.account();
		refusedClaims((claims) -> claims.remove("id"));
		refusedClaims((claims) -> claims.putNull("id"));
		refusedClaims((claims) -> claims.put("id", "" + id));
		refusedClaims((claims) -> claims.put("id", (double) id));
		refusedClaims((claims) -> claims.put("id", id + 0.5));
		refusedClaims((claims) -> claims.put("id", true));
		refusedClaims((claims) -> claims.putArray("id").add(id));
		refusedClaims((claims) -> claims.putObject("id").put("id", id));
		refusedClaims((claims) -> claims.put("id", -id));
		refusedClaims((claims) -> claims.put("id", 0));
		refusedClaims((claims) -> claims.put("id", Long.MAX_VALUE));
		refusedClaims((claims) -> claims.put("id", new BigInteger("18446744073709551616").add(BigInteger.valueOf(id))));
		refusedClaims((claims) -> claims.put("id", other.id()));
		refusedClaims((claims) -> claims.put("sub", "" + other.id()));
		refusedClaims((claims) -> claims.put("sub", "0" + id));
		refusedClaims((claims) -> claims.put("sub", "nobody"));
		refusedClaims((claims) -> claims.put("sub", id));
		refusedClaims((claims) -> claims.putArray("sub").add("" + id));
		refusedClaims((claims) -> claims.put("id", other.id()).put("sub", "" + other.id()));
	}

	@Test
	void aTokenNamesASessionOfItsUser() {
		String own = Forge.claims(account.token()).path("sid").stringValue();
		String others = Forge.claims(service.account().token()).path("sid").stringValue();
		for (String wrong : List.of(others, "0", "-1", "-" + own, own + " ", " " + own, own + ".0", own + "L",
				"0x" + own, "session", "", "99999999", "" + Long.MAX_VALUE, "9".repeat(100), "1 or 1=1")) {
			refusedClaims((claims) -> claims.put("sid", wrong));
		}
		refusedClaims((claims) -> claims.put("sid", Long.parseLong(own)));
		refusedClaims((claims) -> claims.put("sid", true));
		refusedClaims((claims) -> claims.putArray("sid").add(own));
		refusedClaims((claims) -> claims.putObject("sid").put("id", own));
	}

	@Test
	void noChangeToATokenGoesUnnoticed() {
		Random random = new Random(3);
		String token = account.token();
		String alphabet = "ABCabc019-_.=+/ {}\"\\\u0000é🦉";
		for (int i = 0; i < 3000; i++) {
			StringBuilder changed = new StringBuilder(token);
			for (int change = random.nextInt(3); change >= 0; change--) {
				int at = random.nextInt(changed.length());
				char other = alphabet.charAt(random.nextInt(alphabet.length()));
				switch (random.nextInt(5)) {
					case 0 -> changed.setCharAt(at, other);
					case 1 -> changed.insert(at, other);
					case 2 -> changed.deleteCharAt(at);
					case 3 -> changed.setLength(Math.max(at, 1));
					default -> changed.insert(at, token, random.nextInt(token.length()), token.length());
				}
			}
			if (!changed.toString().equals(token)) {
				assertThat(tokens.read(changed.toString())).as(changed.toString()).isEmpty();
			}
		}
	}

	@Test
	void whateverATokenWithOurSignatureSaysItIsReadOrRefused() {
		Random random = new Random(4);
		String alphabet = "{}[]\",:0123456789eE.-+ntfu\\ ab\u0000é";
		byte[][] parts = { header((header) -> {
		}).toString().getBytes(UTF_8), Forge.claims(account.token()).toString().getBytes(UTF_8) };
		for (int i = 0; i < 2000; i++) {
			byte[][] changed = { parts[0].clone(), parts[1].clone() };
			for (int change = random.nextInt(4); change >= 0; change--) {
				byte[] part = changed[random.nextInt(10) / 7 ^ 1];
				part[random.nextInt(part.length)] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
			}
			String token = Forge.signed(Forge.base64(changed[0]) + "." + Forge.base64(changed[1]), this.algorithm,
					key.material().signing());
			assertThatCode(() -> tokens.read(token))
				.as(new String(changed[0], UTF_8) + "." + new String(changed[1], UTF_8))
				.doesNotThrowAnyException();
		}
	}

	@Test
	void toRefuseATokenTakesNoLongerThanToReadOne() {
		String token = account.token();
		String content = token.substring(0, token.lastIndexOf('.'));
		Map<String, String> forged = Map.of("kid", forge((header) -> header.put("kid", "k".repeat(1000)), (claims) -> {
		}), "signature", content + "." + Forge.base64(new byte[64]), "expired", forge((header) -> {
		}, (claims) -> claims.put("exp", 1)), "deep", Forge.token("{\"a\":".repeat(900), "{}", key), "dots",
				".".repeat(6000), "long", "A".repeat(6000));
		// Each of them another: one that was read before takes no time
		LongFunction<String> another = (run) -> forge((header) -> {
		}, (claims) -> claims.put("run", run));
		assertThat(tokens.read(another.apply(-1))).isPresent();
		long good = nanos(another);
		forged.forEach((name, text) -> assertThat(nanos((run) -> text)).as(name).isLessThan(10 * good + 2_000_000));
	}

	/** The median of some runs, as others share the processor. */
	private static long nanos(LongFunction<String> token) {
		return LongStream.range(0, 101).map((run) -> {
			String text = token.apply(run);
			long start = System.nanoTime();
			tokens.read(text);
			return System.nanoTime() - start;
		}).sorted().skip(50).findFirst().orElseThrow();
	}

	private void refusedLastBits(String[] parts, int index) {
		String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
		String part = parts[index];
		int spare = part.length() % 4 == 2 ? 4 : part.length() % 4 == 3 ? 2 : 0;
		for (int bits = 1; bits < 1 << spare; bits++) {
			char last = alphabet.charAt(alphabet.indexOf(part.charAt(part.length() - 1)) | bits);
			String[] changed = parts.clone();
			changed[index] = part.substring(0, part.length() - 1) + last;
			assertThat(Base64.getUrlDecoder().decode(changed[index])).isEqualTo(Base64.getUrlDecoder().decode(part));
			refused(String.join(".", changed));
			// Even where the signature is over the text as it came
			if (index < 2) {
				refused(Forge.signed(changed[0] + "." + changed[1], this.algorithm, key.material().signing()));
			}
		}
	}

	private void refusedHmac(byte[] secret) {
		for (Consumer<ObjectNode> kid : List.<Consumer<ObjectNode>>of((header) -> {
		}, (header) -> header.remove("kid"))) {
			String content = Forge.base64(header(kid.andThen((header) -> header.put("alg", "HS256"))).toString()) + "."
					+ Forge.base64(Forge.claims(account.token()).toString());
			refused(content + "." + Forge.base64(Forge.hmac("HmacSHA256", secret, content)));
		}
	}

	private void refusedKey(String algorithm, String signature, String family, AlgorithmParameterSpec parameters)
			throws Exception {
		KeyPairGenerator generator = KeyPairGenerator.getInstance(family);
		if (parameters != null) {
			generator.initialize(parameters);
		}
		String content = Forge.base64(header((header) -> header.put("alg", algorithm)).toString()) + "."
				+ Forge.base64(Forge.claims(account.token()).toString());
		refused(content + "." + Forge.base64(Forge.sign(signature, generator.generateKeyPair().getPrivate(), content)));
	}

	private static void refusedHeader(Consumer<ObjectNode> change) {
		refused(forge(change, (claims) -> {
		}));
	}

	private static void refusedClaims(Consumer<ObjectNode> change) {
		refused(forge((header) -> {
		}, change));
	}

	private static String forge(Consumer<ObjectNode> header, Consumer<ObjectNode> claims) {
		ObjectNode changed = Forge.claims(account.token());
		claims.accept(changed);
		return Forge.token(header(header).toString(), changed.toString(), key);
	}

	private static ObjectNode header(Consumer<ObjectNode> change) {
		ObjectNode header = Forge.header(account.token());
		change.accept(header);
		return header;
	}

	private static void refused(String token) {
		boolean fitsAHeader = token.length() < 7000 && token.chars().allMatch((c) -> c >= ' ' && c < 127)
				&& token.equals(token.strip());
		if (fitsAHeader && !token.isEmpty()) {
			service.client().as(token).get("/users/me/").refused(401, "Authentication failed");
		}
		else {
			assertThat(tokens.read(token)).as(token).isEmpty();
		}
	}

}
