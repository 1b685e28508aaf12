package accounts.auth;

import accounts.web.ApiException;

import org.springframework.http.HttpStatus;

/** A login with an email that no account has. */
final class IncorrectEmail extends ApiException {

	IncorrectEmail() {
		super(HttpStatus.UNAUTHORIZED, "Incorrect email");
	}

}
