package accounts.auth;

import accounts.web.ApiException;

import org.springframework.http.HttpStatus;

/** A login that fails without a word on why (ASVS 6.3.8). */
final class IncorrectLogin extends ApiException {

	IncorrectLogin() {
		super(HttpStatus.UNAUTHORIZED, "Incorrect email or password");
	}

}
