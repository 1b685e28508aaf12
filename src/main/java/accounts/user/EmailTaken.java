package accounts.user;

import accounts.web.ApiException;

import org.springframework.http.HttpStatus;

/** Another account has the email. */
final class EmailTaken extends ApiException {

	EmailTaken() {
		super(HttpStatus.CONFLICT, "This email is already registered");
	}

}
