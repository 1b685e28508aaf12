package accounts.web;

import org.springframework.http.HttpStatus;

/** A body of more bytes than any request of this service needs. */
final class BodyTooLarge extends ApiException {

	BodyTooLarge() {
		super(HttpStatus.CONTENT_TOO_LARGE, "The body is larger than 64 KiB");
	}

}
