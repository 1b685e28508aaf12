package accounts.auth;

import accounts.web.ApiException;

import org.springframework.http.HttpStatus;

/** Somebody asks what the status was at another time. */
final class StatusHistoryNotKept extends ApiException {

	StatusHistoryNotKept() {
		super(HttpStatus.NOT_IMPLEMENTED, "Only the current status list is kept");
	}

}
