package accounts.web;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/** A refusal that the client is told about: its class names the fact. */
public abstract class ApiException extends RuntimeException {

	private final HttpStatus status;

	private final String sentence;

	protected ApiException(HttpStatus status, String sentence) {
		this(status, sentence, null);
	}

	protected ApiException(HttpStatus status, String sentence, @Nullable Throwable cause) {
		// A refusal is part of the service, so that it needs no stack trace
		super(sentence, cause, false, false);
		this.status = status;
		this.sentence = sentence;
	}

	public HttpStatus status() {
		return this.status;
	}

	ErrorAnswer answer() {
		return ErrorAnswer.of(this.sentence);
	}

	/** Headers that the answer carries beside its sentence. */
	protected HttpHeaders headers() {
		return HttpHeaders.EMPTY;
	}

}
