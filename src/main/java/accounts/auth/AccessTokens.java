package accounts.auth;

import java.io.Reader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import java.util.OptionalLong;

import javax.crypto.SecretKey;

import io.jsonwebtoken.Claims;
import io.jsonwebtoken.JwtException;
import io.jsonwebtoken.JwtParser;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.io.AbstractDeserializer;
import io.jsonwebtoken.io.AbstractSerializer;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.stereotype.Component;

/**
 * Issues and reads access tokens: JWTs (RFC 7519) signed with HS256, read only with the
 * algorithm and the key of the configuration (RFC 8725, ASVS 9.1).
 */
@Component
class AccessTokens {

	private static final String ID = "id";

	private final TokenSettings settings;

	private final Clock clock;

	private final String keyId;

	private final SecretKey key;

	private final Writer writer;

	private final JwtParser parser;

	AccessTokens(TokenSettings settings, SigningKeyRepository keys, Clock clock, JsonMapper json) {
		this.settings = settings;
		this.clock = clock;
		SigningKey signing = (settings.secret() != null)
				? SigningKey.hs256("configured", settings.secret().getBytes(StandardCharsets.UTF_8)) : keys.secret();
		this.keyId = signing.id();
		this.key = signing.secret();
		this.writer = new Writer(json);
		this.parser = Jwts.parser()
			.json(new Parser(json))
			.sig()
			.clear()
			.add(Jwts.SIG.HS256)
			.and()
			.zip()
			.clear()
			.and()
			.verifyWith(this.key)
			.requireIssuer(settings.issuer())
			.clock(() -> Date.from(clock.instant()))
			.build();
	}

	/** A new token that says who its bearer is. */
	String issue(long userId) {
		Instant now = this.clock.instant();
		return Jwts.builder()
			.json(this.writer)
			.header()
			.type("JWT")
			.keyId(this.keyId)
			.and()
			.claim(ID, userId)
			.subject(Long.toString(userId))
			.issuer(this.settings.issuer())
			.issuedAt(Date.from(now))
			.expiration(Date.from(now.plus(this.settings.lifetime())))
			.signWith(this.key, Jwts.SIG.HS256)
			.compact();
	}

	/** The id of the user whom a token names, or none if the token does not hold. */
	OptionalLong read(String token) {
		try {
			Claims claims = this.parser.parseSignedClaims(token).getPayload();
			Object id = claims.get(ID);
			if (claims.getExpiration() != null && (id instanceof Integer || id instanceof Long)) {
				return OptionalLong.of(((Number) id).longValue());
			}
		}
		catch (JwtException | IllegalArgumentException ex) {
			// Why a token does not hold is nobody's business but its forger's
		}
		return OptionalLong.empty();
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

	/** Reads them likewise. */
	private static final class Parser extends AbstractDeserializer<Map<String, ?>> {

		private static final TypeReference<Map<String, Object>> TYPE = new TypeReference<>() {
		};

		private final JsonMapper json;

		Parser(JsonMapper json) {
			this.json = json;
		}

		@Override
		protected Map<String, ?> doDeserialize(Reader reader) {
			return this.json.readValue(reader, TYPE);
		}

	}

}
