package accounts.web;

import org.springframework.http.HttpStatus;

/** A body that is not what it must be before any of its fields is looked at. */
final class InvalidBody extends ApiException {

	InvalidBody() {
		super(HttpStatus.BAD_REQUEST, "The body must be a JSON object in UTF-8");
	}

}
