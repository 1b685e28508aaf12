package accounts.auth;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.zip.InflaterInputStream;

import accounts.Service;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Another service that trusts our tokens: it has libraries that share no code with ours,
 * our address, and the standards. It never asks about a token.
 */
final class OtherService {

	/** Where the world reaches the accounts, by a proxy that is a line of code here. */
	static final String URL = "https://accounts.example.com";

	private final Service accounts;

	private final Clock clock;

	private final JWKSet keys;

	private final Map<URI, StatusList> lists = new HashMap<>();

	OtherService(Service accounts) throws Exception {
		this.accounts = accounts;
		this.clock = accounts.clock();
		this.keys = JWKSet.parse(get(URI.create(URL + "/.well-known/jwks.json")));
	}

	/** Whether the token is ours and its session was not ended, as far as known here. */
	boolean accepts(String token) throws Exception {
		SignedJWT jwt = SignedJWT.parse(token);
		return isSigned(jwt, "JWT") && holds(jwt.getJWTClaimsSet()) && isValid(jwt.getJWTClaimsSet());
	}

	/** Draft-ietf-oauth-status-list-21, section 8.3. */
	private boolean isValid(JWTClaimsSet claims) throws Exception {
		Map<?, ?> reference = (Map<?, ?>) claims.getJSONObjectClaim("status").get("status_list");
		URI uri = URI.create((String) reference.get("uri"));
		int index = ((Number) reference.get("idx")).intValue();
		StatusList list = this.lists.get(uri);
		if (list == null || list.isStale(this.clock.instant())) {
			list = list(uri);
			this.lists.put(uri, list);
		}
		return (list.bits[index / 8] >> (index % 8) & 1) == 0;
	}

	private StatusList list(URI uri) throws Exception {
		SignedJWT jwt = SignedJWT.parse(get(uri));
		JWTClaimsSet claims = jwt.getJWTClaimsSet();
		Map<?, ?> list = claims.getJSONObjectClaim("status_list");
		if (!isSigned(jwt, "statuslist+jwt") || !uri.toString().equals(claims.getSubject()) || !holds(claims)
				|| ((Number) list.get("bits")).intValue() != 1) {
			throw new IllegalStateException("no status list of " + uri);
		}
		Instant stale = this.clock.instant().plusSeconds(claims.getLongClaim("ttl"));
		return new StatusList(inflate((String) list.get("lst")), stale);
	}

	private boolean holds(JWTClaimsSet claims) {
		return claims.getIssuer().equals("accounts")
				&& claims.getExpirationTime().toInstant().isAfter(this.clock.instant());
	}

	private boolean isSigned(SignedJWT jwt, String type) throws Exception {
		JWK key = this.keys.getKeyByKeyId(jwt.getHeader().getKeyID());
		return key != null && jwt.getHeader().getType().getType().equals(type)
				&& jwt.getHeader().getAlgorithm().equals(key.getAlgorithm()) && isSigned(jwt, key);
	}

	private static boolean isSigned(SignedJWT jwt, JWK key) throws Exception {
		if (key.getKeyType().getValue().equals("EC")) {
			return jwt.verify(new ECDSAVerifier(key.toECKey()));
		}
		// For Ed25519 nimbus wants another library, and the JDK has it
		byte[] spki = HexFormat.of()
			.parseHex("302a300506032b6570032100" + HexFormat.of().formatHex(key.toOctetKeyPair().getX().decode()));
		Signature signature = Signature.getInstance("Ed25519");
		signature.initVerify(KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(spki)));
		signature.update(jwt.getSigningInput());
		return signature.verify(jwt.getSignature().decode());
	}

	static byte[] inflate(String list) throws Exception {
		byte[] zlib = Base64.getUrlDecoder().decode(list);
		try (InflaterInputStream bits = new InflaterInputStream(new ByteArrayInputStream(zlib))) {
			return bits.readAllBytes();
		}
	}

	private String get(URI uri) {
		assertThat(uri.toString()).startsWith(URL + "/");
		return this.accounts.client().get(uri.getRawPath()).is(200).body();
	}

	@SuppressWarnings("ArrayRecordComponent") // never compared
	private record StatusList(byte[] bits, Instant stale) {

		boolean isStale(Instant now) {
			return !now.isBefore(this.stale);
		}

	}

}
