package accounts.user;

import accounts.web.ApiException;

import org.springframework.http.HttpStatus;

/** Nobody has the id. */
final class UserNotFound extends ApiException {

	UserNotFound() {
		super(HttpStatus.NOT_FOUND, "Invalid user id");
	}

}
