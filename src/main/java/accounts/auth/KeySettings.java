package accounts.auth;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * How the keys in the database are kept.
 *
 * @param passphrase encrypts them where it is set
 */
@ConfigurationProperties("accounts.keys")
record KeySettings(@Nullable String passphrase) {

	@Override
	public String toString() {
		return "KeySettings";
	}

}
