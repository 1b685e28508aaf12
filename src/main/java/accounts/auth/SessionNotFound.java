package accounts.auth;

import accounts.web.ApiException;

import org.springframework.http.HttpStatus;

/** The user has no such session. */
final class SessionNotFound extends ApiException {

	SessionNotFound() {
		super(HttpStatus.NOT_FOUND, "Session not found");
	}

}
