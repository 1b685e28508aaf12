package accounts.web;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/** The service can't do this now, and the same request may well succeed soon. */
public final class Busy extends ApiException {

	public Busy() {
		this(null);
	}

	public Busy(@Nullable Throwable cause) {
		super(HttpStatus.SERVICE_UNAVAILABLE, "Busy", cause);
	}

	@Override
	protected HttpHeaders headers() {
		HttpHeaders headers = new HttpHeaders();
		headers.set(HttpHeaders.RETRY_AFTER, "1");
		return headers;
	}

}
