package accounts.auth;

import java.io.OutputStream;
import java.io.Reader;
import java.security.Key;
import java.security.PublicKey;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;

import accounts.web.Digits;
import io.jsonwebtoken.Claims;
import io.jsonwebtoken.Jws;
import io.jsonwebtoken.JwsHeader;
import io.jsonwebtoken.JwtBuilder;
import io.jsonwebtoken.JwtException;
import io.jsonwebtoken.JwtParser;
import io.jsonwebtoken.JwtParserBuilder;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.LocatorAdapter;
import io.jsonwebtoken.MalformedJwtException;
import io.jsonwebtoken.UnsupportedJwtException;
import io.jsonwebtoken.io.AbstractDeserializer;
import io.jsonwebtoken.io.AbstractSerializer;
import io.jsonwebtoken.security.Jwks;
import io.jsonwebtoken.security.SecureDigestAlgorithm;
import io.jsonwebtoken.security.SignatureException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.stereotype.Component;
import org.springframework.util.ConcurrentLruCache;

/**
 * Issues and reads what the service signs: JWTs (RFC 7519), read only with the algorithms
 * and keys of the configuration (RFC 8725, ASVS 9.1).
 */
@Component
class AccessTokens {

	private static final String TYPE = "JWT";

	private static final String ID = "id";

	private static final String SESSION = "sid";

	/** Names the refresh token that a token came with. */
	private static final String REFRESH_TOKEN = "rid";

	/**
	 * All that a token of ours says of itself: no key, address or extension in it is ever
	 * looked at.
	 */
	private static final Set<String> HEADER = Set.of("alg", "typ", "kid");

	/**
	 * No signature of ours has more bytes, but the JDK takes one of Ed25519 that zeros
	 * follow.
	 */
	private static final int SIGNATURE = 64;

	/** So many tokens are not verified again when they come again. */
	private static final int KEPT = 2_000;

	/** In characters: those of ours are half as long, and memory must be bounded. */
	private static final int LONGEST_KEPT = 1_000;

	private final TokenSettings settings;

	private final KeyRing keys;

	private final Clock clock;

	private final Writer writer;

	private final JwtParser parser;

	/** Knows the secret that was set before, where there is one. */
	private final @Nullable JwtParser previous;

	/** A client sends the same token with each request. */
	private final ConcurrentLruCache<String, Verified> verified = new ConcurrentLruCache<>(KEPT, this::verify);

	AccessTokens(TokenSettings settings, KeyRing keys, Clock clock, JsonMapper json) {
		this.settings = settings;
		this.keys = keys;
		this.clock = clock;
		this.writer = new Writer(json);
		this.parser = parser(json, keys::verifying);
		this.previous = (settings.secretPrevious() != null) ? parser(json, keys::alsoVerifying) : null;
	}

	private JwtParser parser(JsonMapper json, BiFunction<@Nullable String, String, Optional<SigningKey>> keys) {
		JwtParserBuilder parser = Jwts.parser()
			.json(new Parser(json))
			.sig()
			.clear()
			.add(Jwts.SIG.HS256)
			.add(Jwts.SIG.ES256)
			.add(Jwts.SIG.EdDSA)
			.and()
			.zip()
			.clear()
			.and()
			.keyLocator(new KeyLocator(keys))
			.requireIssuer(this.settings.issuer())
			.clock(() -> Date.from(this.clock.instant()));
		if (this.settings.audience() != null) {
			parser.requireAudience(this.settings.audience());
		}
		return parser.build();
	}

	/**
	 * A new token that says who its bearer is.
	 * @param refreshToken what it comes with
	 * @param status where others learn whether the session has ended
	 * @param now when it is made
	 * @param expiresOn when it stops to hold
	 */
	String issue(long userId, RefreshToken refreshToken, StatusLists.Reference status, Instant now, Instant expiresOn) {
		JwtBuilder token = Jwts.builder()
			.claim(ID, userId)
			.subject(Long.toString(userId))
			.issuer(this.settings.issuer())
			.issuedAt(Date.from(now))
			.expiration(Date.from(expiresOn))
			.claim(SESSION, Long.toString(refreshToken.sessionId()))
			.claim(REFRESH_TOKEN, refreshToken.name())
			.claim("status", Map.of("status_list", Map.of("idx", status.index(), "uri", status.uri())));
		if (this.settings.audience() != null) {
			token.audience().add(this.settings.audience());
		}
		return sign(token, TYPE);
	}

	/**
	 * Signs a list of ended sessions (draft-ietf-oauth-status-list, "Status List Token").
	 */
	String issueStatusList(String uri, long ttl, String list) {
		Instant now = this.clock.instant();
		return sign(Jwts.builder()
			.subject(uri)
			.issuer(this.settings.issuer())
			.issuedAt(Date.from(now))
			.expiration(Date.from(now.plusSeconds(2 * ttl)))
			.claim("ttl", ttl)
			.claim("status_list", Map.of("bits", 1, "lst", list)), "statuslist+jwt");
	}

	/** What a token says, or nothing if it does not hold. */
	Optional<AccessToken> read(String token) {
		try {
			Verified verified = (token.length() <= LONGEST_KEPT) ? this.verified.get(token) : verify(token);
			return Optional.of(verified).filter(this::holds).map(Verified::token);
		}
		catch (JwtException | IllegalArgumentException ex) {
			// Why a token does not hold is nobody's business but its forger's
			return Optional.empty();
		}
	}

	/** What time and other instances may change about a token that was right. */
	private boolean holds(Verified verified) {
		Instant now = this.clock.instant();
		return !now.isAfter(verified.expiresOn) && (verified.notBefore == null || !now.isBefore(verified.notBefore))
				&& this.keys.verifying(verified.keyId, verified.algorithm)
					.filter((key) -> key.id().equals(verified.verifiedBy))
					.isPresent();
	}

	private Verified verify(String token) {
		if (!isCanonical(token)) {
			throw new MalformedJwtException("another way to write a token");
		}
		Jws<Claims> signed = parse(token);
		Claims claims = signed.getPayload();
		if (signed.getDigest().length > SIGNATURE || claims.getExpiration() == null
				|| (this.settings.audience() == null && claims.getAudience() != null)
				|| !(claims.get(ID) instanceof Number id) || !(id instanceof Integer || id instanceof Long)
				|| (claims.getSubject() != null && !claims.getSubject().equals(id.toString()))) {
			throw new UnsupportedJwtException("not an access token");
		}
		String session = claims.get(SESSION, String.class);
		Date notBefore = claims.getNotBefore();
		String keyId = signed.getHeader().getKeyId();
		String algorithm = signed.getHeader().getAlgorithm();
		SigningKey key = this.keys.verifying(keyId, algorithm)
			.orElseThrow(() -> new UnsupportedJwtException("no such key"));
		String refreshToken = (claims.get(REFRESH_TOKEN) instanceof String name) ? name : null;
		return new Verified(
				new AccessToken(id.longValue(), (session != null) ? Digits.number(session) : null, refreshToken),
				claims.getExpiration().toInstant(), (notBefore != null) ? notBefore.toInstant() : null, keyId,
				algorithm, key.id());
	}

	private Jws<Claims> parse(String token) {
		try {
			return this.parser.parseSignedClaims(token);
		}
		catch (SignatureException ex) {
			if (this.previous == null) {
				throw ex;
			}
			return this.previous.parseSignedClaims(token);
		}
	}

	/** The public keys as RFC 7517 writes them. */
	List<Map<String, Object>> publicKeys() {
		return this.keys.published().stream().map(AccessTokens::jwk).toList();
	}

	private static Map<String, Object> jwk(SigningKey key) {
		// In one order, so that all instances write the same bytes with the same ETag
		return new TreeMap<>(Jwks.builder()
			.key((PublicKey) key.material().verifying())
			.id(key.id())
			.algorithm(key.algorithm().name())
			.publicKeyUse("sig")
			.build());
	}

	private String sign(JwtBuilder token, String type) {
		SigningKey key = this.keys.signing();
		@SuppressWarnings("unchecked")
		SecureDigestAlgorithm<Key, ?> algorithm = (SecureDigestAlgorithm<Key, ?>) Jwts.SIG.get()
			.forKey(key.algorithm().name());
		return token.json(this.writer)
			.header()
			.type(type)
			.keyId(key.id())
			.and()
			.signWith(key.material().signing(), algorithm)
			.compact();
	}

	/**
	 * One token can be written in one way only, where base64url leaves room for several
	 * (RFC 4648, 3.5).
	 */
	private static boolean isCanonical(String token) {
		for (String part : token.split("\\.", -1)) {
			byte[] bytes = Base64.getUrlDecoder().decode(part);
			if (!Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(part)) {
				return false;
			}
		}
		return true;
	}

	/**
	 * What a token that holds says.
	 *
	 * @param sessionId the login it came from; one that another program made with the
	 * shared secret has none
	 * @param refreshToken the name of the refresh token it came with; one that an older
	 * version of this program made has none
	 */
	record AccessToken(long userId, @Nullable Long sessionId, @Nullable String refreshToken) {

	}

	/**
	 * What a token says whose signature was right, and what else it depends on.
	 *
	 * @param keyId the key it names, if it names one
	 * @param verifiedBy the key it was signed with
	 */
	private record Verified(AccessToken token, Instant expiresOn, @Nullable Instant notBefore, @Nullable String keyId,
			String algorithm, String verifiedBy) {

	}

	/**
	 * Finds the key that a token names among those there are, and only if all else about
	 * it is right.
	 */
	private static final class KeyLocator extends LocatorAdapter<Key> {

		private final BiFunction<@Nullable String, String, Optional<SigningKey>> keys;

		KeyLocator(BiFunction<@Nullable String, String, Optional<SigningKey>> keys) {
			this.keys = keys;
		}

		@Override
		protected Key locate(JwsHeader header) {
			if (!HEADER.containsAll(header.keySet()) || !TYPE.equals(header.getType())) {
				throw new UnsupportedJwtException("not an access token");
			}
			return this.keys.apply(header.getKeyId(), header.getAlgorithm())
				.orElseThrow(() -> new UnsupportedJwtException("no such key"))
				.material()
				.verifying();
		}

	}

	/**
	 * Writes a token's parts with the JSON library of the service, where jjwt would bring
	 * one of its own.
	 */
	private static final class Writer extends AbstractSerializer<Map<String, ?>> {

		private final JsonMapper json;

		Writer(JsonMapper json) {
			this.json = json;
		}

		@Override
		protected void doSerialize(Map<String, ?> parts, OutputStream out) {
			this.json.writeValue(out, parts);
		}

	}

	/**
	 * Reads them likewise, and refuses what jjwt would put right or leave out: times in
	 * words, a number that is text, nothing where something must be.
	 */
	static final class Parser extends AbstractDeserializer<Map<String, ?>> {

		/** Of the year 9999: jjwt takes much later times for times long past. */
		private static final long LAST_SECOND = 253_402_300_799L;

		private static final TypeReference<Map<String, Object>> TYPE = new TypeReference<>() {
		};

		private final JsonMapper json;

		Parser(JsonMapper json) {
			this.json = json;
		}

		@Override
		protected Map<String, ?> doDeserialize(Reader reader) {
			Map<String, Object> parts = this.json.readValue(reader, TYPE);
			if (!parts.entrySet().stream().allMatch(Parser::isRight)) {
				throw new MalformedJwtException("a member of the wrong type");
			}
			return parts;
		}

		private static boolean isRight(Map.Entry<String, Object> part) {
			Object value = part.getValue();
			return switch (part.getKey()) {
				case "exp", "nbf", "iat" ->
					value instanceof Number time && time.doubleValue() >= 0 && time.doubleValue() <= LAST_SECOND;
				case "alg", "typ", "kid", "iss", "sub", SESSION -> value instanceof String text && !text.isBlank();
				case "crit" -> false;
				default -> true;
			};
		}

	}

}
