package accounts.auth;

import accounts.web.ApiException;

import org.springframework.http.HttpStatus;

/**
 * A refresh token that was used before and longer ago than the grace: somebody has a
 * copy.
 */
final class RefreshTokenUsed extends ApiException {

	RefreshTokenUsed() {
		super(HttpStatus.UNAUTHORIZED, "Refresh token already used");
	}

}
