package accounts.user;

import org.jspecify.annotations.Nullable;

import org.springframework.security.crypto.password.PasswordEncoder;

/**
 * Checks passwords against the hashes of the tutorial's Flask application, which are
 * Werkzeug's. It makes none: each is replaced at its owner's next login.
 */
final class WerkzeugEncoder implements PasswordEncoder {

	@Override
	public String encode(@Nullable CharSequence password) {
		throw new UnsupportedOperationException("New hashes are Argon2id's");
	}

	@Override
	public boolean matches(@Nullable CharSequence password, @Nullable String encoded) {
		return password != null && WerkzeugHash.read(encoded).filter((hash) -> hash.isOf(password)).isPresent();
	}

}
