package accounts.web;

import java.util.List;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;

/** A body that is compressed or encoded in another way. */
final class UnsupportedEncoding extends ApiException {

	UnsupportedEncoding() {
		super(HttpStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type");
	}

	/**
	 * RFC 9110, 12.5.3: {@code Accept-Encoding} tells the client that its type is fine.
	 */
	@Override
	protected HttpHeaders headers() {
		HttpHeaders headers = new HttpHeaders();
		headers.setAccept(List.of(MediaType.APPLICATION_JSON));
		headers.set(HttpHeaders.ACCEPT_ENCODING, RequestBodies.IDENTITY);
		return headers;
	}

}
