package accounts.auth;

import java.time.Duration;
import java.time.temporal.ChronoUnit;

import accounts.start.StartRefused;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationUnit;

/**
 * What the tokens say and how they are signed.
 *
 * @param secret signs them (HS256) where it is set, instead of a key kept in the
 * database; its bytes are those of its text in UTF-8
 * @param secretPrevious verifies tokens as well, and never signs, so that a secret can be
 * replaced
 * @param algorithm what new tokens are signed with
 * @param rotation how long a key signs before the next one does; zero is for ever, which
 * is what HS256 does unless it is set, where the others change every 30 days
 * @param issuer the claim {@code iss}, which a token must have to be accepted
 * @param audience the claim {@code aud}, likewise, where it is set
 * @param lifetime how long a token holds
 */
@ConfigurationProperties("accounts.token")
record TokenSettings(@Nullable String secret, @Nullable String secretPrevious,
		@DefaultValue("HS256") SigningAlgorithm algorithm,
		@DurationUnit(ChronoUnit.SECONDS) @Nullable Duration rotation, @DefaultValue("accounts") String issuer,
		@Nullable String audience, @DefaultValue("1h") @DurationUnit(ChronoUnit.SECONDS) Duration lifetime) {

	TokenSettings {
		// As Compose has it of a variable that is not set
		secretPrevious = (secretPrevious != null && secretPrevious.isEmpty()) ? null : secretPrevious;
		if (secret != null && WeakSecrets.contains(secret)) {
			throw new StartRefused("ACCOUNTS_TOKEN_SECRET is too weak: it must be 32 random bytes or more: "
					+ "make one with `openssl rand -base64 48`, or leave it out to have one made and kept in the database.");
		}
		if (secretPrevious != null && WeakSecrets.contains(secretPrevious)) {
			throw new StartRefused("ACCOUNTS_TOKEN_SECRET_PREVIOUS is too weak: whoever guesses it could make tokens. "
					+ "Leave it out: clients go on with their refresh tokens.");
		}
		if (rotation != null && !rotation.isZero() && rotation.compareTo(Duration.ofHours(1)) < 0) {
			throw new StartRefused("ACCOUNTS_TOKEN_ROTATION must be 0 for never, or 1h or more.");
		}
		if (issuer.isBlank()) {
			throw new StartRefused(
					"ACCOUNTS_TOKEN_ISSUER must not be empty: name this service, for example by its address.");
		}
		if (lifetime.compareTo(Duration.ofSeconds(1)) < 0 || lifetime.compareTo(Duration.ofDays(365)) > 0) {
			throw new StartRefused("ACCOUNTS_TOKEN_LIFETIME must be from 1s to 365d.");
		}
	}

	/** How long a key signs before the next one does: zero is for ever. */
	Duration rotationInterval() {
		if (this.rotation != null) {
			return this.rotation;
		}
		return (this.algorithm == SigningAlgorithm.HS256) ? Duration.ZERO : Duration.ofDays(30);
	}

	@Override
	public String toString() {
		return "TokenSettings[issuer=" + this.issuer + ", lifetime=" + this.lifetime + "]";
	}

}
