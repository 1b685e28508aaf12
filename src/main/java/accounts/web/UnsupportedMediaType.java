package accounts.web;

import java.util.List;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;

/** A body that is not called JSON, or has another charset than UTF-8. */
class UnsupportedMediaType extends ApiException {

	UnsupportedMediaType() {
		super(HttpStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type");
	}

	@Override
	protected HttpHeaders headers() {
		HttpHeaders headers = new HttpHeaders();
		headers.setAccept(List.of(MediaType.APPLICATION_JSON));
		return headers;
	}

}
