package accounts.auth;

import accounts.web.ApiException;

import org.springframework.http.HttpStatus;

/** A refresh token that was never one of ours. */
final class RefreshTokenUnknown extends ApiException {

	RefreshTokenUnknown() {
		super(HttpStatus.UNAUTHORIZED, "Refresh token unknown");
	}

}
