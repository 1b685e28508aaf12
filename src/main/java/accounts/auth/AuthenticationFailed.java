package accounts.auth;

import accounts.web.ApiException;

import org.springframework.http.HttpStatus;

/** A request that needs a user came with no token that holds. */
final class AuthenticationFailed extends ApiException {

	AuthenticationFailed() {
		super(HttpStatus.UNAUTHORIZED, "Authentication failed");
	}

}
