package accounts.user;

import accounts.web.ApiException;

import org.springframework.http.HttpStatus;

/** A user may change or delete only itself. */
final class PermissionDenied extends ApiException {

	PermissionDenied(HttpStatus status) {
		super(status, "Permission denied");
	}

}
