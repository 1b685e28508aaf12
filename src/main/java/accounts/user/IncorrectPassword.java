package accounts.user;

import accounts.web.ApiException;

import org.springframework.http.HttpStatus;

/** A login, or a change that asks for it, with another password than the account's. */
public final class IncorrectPassword extends ApiException {

	public IncorrectPassword() {
		super(HttpStatus.UNAUTHORIZED, "Incorrect password");
	}

}
