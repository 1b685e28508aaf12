package accounts.auth;

import accounts.web.ApiException;

import org.springframework.http.HttpStatus;

/** A login with another password than the account's. */
final class IncorrectPassword extends ApiException {

	IncorrectPassword() {
		super(HttpStatus.UNAUTHORIZED, "Incorrect password");
	}

}
