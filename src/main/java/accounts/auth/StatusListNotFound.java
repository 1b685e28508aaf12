package accounts.auth;

import accounts.web.ApiException;

import org.springframework.http.HttpStatus;

/** No session's tokens name this list. */
final class StatusListNotFound extends ApiException {

	StatusListNotFound() {
		super(HttpStatus.NOT_FOUND, "Status list not found");
	}

}
