package accounts.web;

import org.springframework.http.HttpStatus;

/** A body of which the client doesn't say that it is JSON. */
final class UnsupportedMediaType extends ApiException {

	UnsupportedMediaType() {
		super(HttpStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type");
	}

}
