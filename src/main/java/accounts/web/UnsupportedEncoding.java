package accounts.web;

import org.springframework.http.HttpHeaders;

/** A body that is compressed or encoded in another way. */
final class UnsupportedEncoding extends UnsupportedMediaType {

	/**
	 * RFC 9110, 12.5.3: {@code Accept-Encoding} tells the client that its type is fine.
	 */
	@Override
	protected HttpHeaders headers() {
		HttpHeaders headers = super.headers();
		headers.set(HttpHeaders.ACCEPT_ENCODING, RequestBodies.IDENTITY);
		return headers;
	}

}
