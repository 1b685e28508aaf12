package accounts.auth;

import accounts.web.ApiException;

import org.springframework.http.HttpStatus;

/** A refresh token of a session that was not used for too long, or is too old. */
final class RefreshTokenExpired extends ApiException {

	RefreshTokenExpired() {
		super(HttpStatus.UNAUTHORIZED, "Refresh token expired");
	}

}
