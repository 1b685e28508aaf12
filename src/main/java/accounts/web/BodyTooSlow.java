package accounts.web;

import org.springframework.http.HttpStatus;

/** A body that did not come in the time that any honest one needs. */
final class BodyTooSlow extends ApiException {

	BodyTooSlow() {
		super(HttpStatus.REQUEST_TIMEOUT, "The body did not come in time");
	}

}
