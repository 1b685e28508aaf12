package accounts.auth;

import accounts.web.ApiException;

import org.springframework.http.HttpStatus;

/** A refresh token of a session that was ended. */
final class SessionEnded extends ApiException {

	SessionEnded() {
		super(HttpStatus.UNAUTHORIZED, "Session ended");
	}

}
