package accounts.web;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import org.springframework.http.HttpStatus;

/** A request some of whose fields are not what they must be. */
public final class InvalidFields extends ApiException {

	private static final String SENTENCE = "Some fields are not valid";

	// An exception is Serializable by heritage; this one is never written
	private final transient Map<String, String> fields;

	InvalidFields(Map<String, String> fields) {
		super(HttpStatus.BAD_REQUEST, SENTENCE);
		this.fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
	}

	@Override
	ErrorAnswer answer() {
		return new ErrorAnswer(SENTENCE, this.fields);
	}

}
