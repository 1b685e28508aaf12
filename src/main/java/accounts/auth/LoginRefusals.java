package accounts.auth;

import java.security.SecureRandom;
import java.util.Base64;

import accounts.user.IncorrectPassword;
import accounts.web.ApiException;
import accounts.web.ErrorSettings;
import org.jspecify.annotations.Nullable;

import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.stereotype.Component;

/**
 * Refuses logins: each for its reason, or all alike, so that nobody learns from the
 * answer or from the time that it takes who has an account (ASVS 6.3.8).
 */
@Component
class LoginRefusals {

	private final PasswordEncoder passwords;

	/**
	 * What an unknown email's password is compared with, made as all hashes are today.
	 */
	private final @Nullable String nobodysHash;

	LoginRefusals(ErrorSettings settings, PasswordEncoder passwords) {
		this.passwords = passwords;
		this.nobodysHash = settings.hideUnknownEmail() ? passwords.encode(nobodysPassword()) : null;
	}

	ApiException unknownEmail(String password) {
		if (this.nobodysHash == null) {
			return new IncorrectEmail();
		}
		this.passwords.matches(password, this.nobodysHash);
		return new IncorrectLogin();
	}

	ApiException wrongPassword() {
		return (this.nobodysHash != null) ? new IncorrectLogin() : new IncorrectPassword();
	}

	private static String nobodysPassword() {
		byte[] bytes = new byte[32];
		new SecureRandom().nextBytes(bytes);
		return Base64.getEncoder().encodeToString(bytes);
	}

}
