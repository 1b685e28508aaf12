package accounts.auth;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.ECPublicKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;

import javax.crypto.SecretKey;

import accounts.Account;
import accounts.Service;
import io.jsonwebtoken.JwtParserBuilder;
import io.jsonwebtoken.Jwts;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import static org.assertj.core.api.Assertions.assertThat;

/** What the RFCs' own examples and the setting of an audience ask of tokens. */
class TokenRuleTests {

	/** {"iss":"joe","exp":1300819380,"http://example.com/is_root":true} */
	private static final String JOE = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

	/** RFC 7515, appendix A.1. */
	@Test
	void theExampleOfHs256Verifies() {
		byte[] secret = decode(
				"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
		String content = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + JOE;
		Key key = read(SigningAlgorithm.HS256, secret, null).verifying();
		String token = content + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
		assertThat(Forge.signed(content, SigningAlgorithm.HS256, key)).isEqualTo(token);
		assertThat(jjwt().verifyWith((SecretKey) key)
			.clock(TokenRuleTests::in2011)
			.build()
			.parseSignedClaims(token)
			.getPayload()
			.getIssuer()).isEqualTo("joe");
	}

	/** RFC 7515, appendix A.3. */
	@Test
	void theExampleOfEs256VerifiesAndItsKeyIsWrittenAsThere() throws Exception {
		AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
		parameters.init(new ECGenParameterSpec("secp256r1"));
		ECParameterSpec curve = parameters.getParameterSpec(ECParameterSpec.class);
		KeyFactory factory = KeyFactory.getInstance("EC");
		String x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
		String y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
		SigningKey.Material key = read(SigningAlgorithm.ES256,
				factory
					.generatePrivate(new ECPrivateKeySpec(number("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"), curve))
					.getEncoded(),
				factory.generatePublic(new ECPublicKeySpec(new ECPoint(number(x), number(y)), curve)).getEncoded());
		String token = "eyJhbGciOiJFUzI1NiJ9." + JOE
				+ ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
		assertThat(jjwt().verifyWith((ECPublicKey) key.verifying())
			.clock(TokenRuleTests::in2011)
			.build()
			.parseSignedClaims(token)
			.getPayload()
			.getIssuer()).isEqualTo("joe");
		try (Service service = Service.start(KeyTests.algorithm(SigningAlgorithm.ES256))) {
			JsonNode jwk = published(service, SigningAlgorithm.ES256, key);
			assertThat(jwk.path("x").stringValue()).isEqualTo(x);
			assertThat(jwk.path("y").stringValue()).isEqualTo(y);
			assertThat(jwk.has("d")).isFalse();
		}
	}

	/** RFC 8037, appendix A.1 to A.5. */
	@Test
	void theExampleOfEd25519SignsAndVerifiesAndItsKeyIsWrittenAsThere() throws Exception {
		String x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
		SigningKey.Material key = read(SigningAlgorithm.EdDSA,
				der("302e020100300506032b657004220420", "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"),
				der("302a300506032b6570032100", x));
		String content = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
		String token = content
				+ ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
		assertThat(Forge.signed(content, SigningAlgorithm.EdDSA, key.signing())).isEqualTo(token);
		assertThat(new String(
				jjwt().verifyWith((PublicKey) key.verifying()).build().parseSignedContent(token).getPayload(),
				StandardCharsets.UTF_8))
			.isEqualTo("Example of Ed25519 signing");
		try (Service service = Service.start(KeyTests.algorithm(SigningAlgorithm.EdDSA))) {
			JsonNode jwk = published(service, SigningAlgorithm.EdDSA, key);
			assertThat(jwk.path("x").stringValue()).isEqualTo(x);
			assertThat(jwk.has("d")).isFalse();
		}
	}

	@Test
	void aTokenIsForTheAudienceThatIsSet() {
		try (Service service = Service.start("accounts.token.audience=shop",
				"accounts.token.issuer=https://a.example")) {
			Account account = service.account();
			SigningKey key = service.bean(KeyRing.class).signing();
			ObjectNode claims = Forge.claims(account.token());
			assertThat(claims.path("iss").stringValue()).isEqualTo("https://a.example");
			assertThat(claims.path("aud").toString()).contains("\"shop\"");
			account.client().get("/users/me/").is(200);
			String header = Forge.header(account.token()).toString();
			service.client()
				.as(Forge.token(header, claims.put("aud", "shop").toString(), key))
				.get("/users/me/")
				.is(200);
			for (ObjectNode other : new ObjectNode[] { claims.deepCopy().put("aud", "others"),
					claims.deepCopy().put("aud", ""), claims.deepCopy().put("aud", "shop2"),
					claims.deepCopy().put("aud", 1), claims.deepCopy().putNull("aud"), without(claims, "aud"),
					claims.deepCopy().put("iss", "accounts") }) {
				service.client()
					.as(Forge.token(header, other.toString(), key))
					.get("/users/me/")
					.refused(401, "Authentication failed");
			}
		}
	}

	private static ObjectNode without(ObjectNode claims, String member) {
		ObjectNode others = claims.deepCopy();
		others.remove(member);
		return others;
	}

	private static JsonNode published(Service service, SigningAlgorithm algorithm, SigningKey.Material key) {
		KeyTests.add(service, "7515a38037a4", algorithm, key);
		return service.client().get("/.well-known/jwks.json").is(200).json().path("keys").path(1);
	}

	private static SigningKey.Material read(SigningAlgorithm algorithm, byte[] secret, byte[] publicKey) {
		try {
			return algorithm.read(secret, publicKey);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static JwtParserBuilder jjwt() {
		return Jwts.parser().json(new AccessTokens.Parser(new JsonMapper()));
	}

	private static byte[] der(String prefix, String key) {
		return HexFormat.of().parseHex(prefix + HexFormat.of().formatHex(decode(key)));
	}

	private static BigInteger number(String base64) {
		return new BigInteger(1, decode(base64));
	}

	private static byte[] decode(String base64) {
		return Base64.getUrlDecoder().decode(base64);
	}

	private static Date in2011() {
		return Date.from(Instant.ofEpochSecond(1_300_819_000));
	}

}
