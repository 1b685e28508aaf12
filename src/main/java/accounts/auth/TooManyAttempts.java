package accounts.auth;

import accounts.web.ApiException;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/** Too much was tried: nothing is looked at until some time has passed. */
final class TooManyAttempts extends ApiException {

	private final long seconds;

	/**
	 * @param seconds how long the client must wait
	 */
	TooManyAttempts(long seconds) {
		super(HttpStatus.TOO_MANY_REQUESTS, "Too many attempts");
		this.seconds = seconds;
	}

	long seconds() {
		return this.seconds;
	}

	@Override
	protected HttpHeaders headers() {
		HttpHeaders headers = new HttpHeaders();
		headers.set(HttpHeaders.RETRY_AFTER, Long.toString(this.seconds));
		return headers;
	}

}
