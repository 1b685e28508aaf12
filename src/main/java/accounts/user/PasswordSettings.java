package accounts.user;

import accounts.start.StartRefused;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How passwords are judged and hashed.
 *
 * @param minLength the fewest characters of a new password
 * @param maxLength the most
 * @param refuseCommon whether a new password may be none of those that many use
 * @param refuseOwn whether it may not be the user's or the service's name, or the email
 * @param serviceName what people call this service
 * @param askCurrent whether a change of the password or the email asks for the password
 * that still holds
 * @param argon2 the cost of a hash; a login with a cheaper or dearer one replaces it
 */
@ConfigurationProperties("accounts.password")
record PasswordSettings(@DefaultValue("1") int minLength, @DefaultValue("256") int maxLength, boolean refuseCommon,
		boolean refuseOwn, @DefaultValue("accounts") String serviceName, boolean askCurrent,
		@DefaultValue Argon2 argon2) {

	PasswordSettings {
		if (minLength < 1 || maxLength < 64 || minLength > maxLength) {
			throw new StartRefused(
					"ACCOUNTS_PASSWORD_MIN_LENGTH must be 1 or more and ACCOUNTS_PASSWORD_MAX_LENGTH 64 or more, "
							+ "and the first not above the second.");
		}
	}

	/**
	 * Argon2id's parameters (RFC 9106), by default the OWASP Password Storage sheet's.
	 *
	 * @param memory KiB
	 * @param iterations passes over the memory
	 * @param parallelism lanes
	 */
	record Argon2(@DefaultValue("19456") int memory, @DefaultValue("2") int iterations,
			@DefaultValue("1") int parallelism) {

		Argon2 {
			if (!Argon2Encoder.isBearable(memory, iterations, parallelism)) {
				throw new StartRefused("ACCOUNTS_PASSWORD_ARGON2_MEMORY (KiB), ACCOUNTS_PASSWORD_ARGON2_ITERATIONS and "
						+ "ACCOUNTS_PASSWORD_ARGON2_PARALLELISM must be 1 or more, the memory at least 8 times the "
						+ "parallelism, and all no more than " + Argon2Encoder.LIMITS + ".");
			}
		}

	}

}
