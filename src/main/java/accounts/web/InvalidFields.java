package accounts.web;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import org.springframework.http.HttpStatus;

/**
 * A request some of whose fields are not what they must be, or are not there at all.
 */
public final class InvalidFields extends ApiException {

	private static final String MISSING = "Required fields are missing";

	private static final String NOT_VALID = "Some fields are not valid";

	private final String sentence;

	// An exception is Serializable by heritage; this one is never written
	private final transient Map<String, String> fields;

	/**
	 * Names the fields that are wrong.
	 * @param onlyMissing whether each of them is missing or empty
	 */
	InvalidFields(Map<String, String> fields, boolean onlyMissing) {
		this(fields, onlyMissing ? MISSING : NOT_VALID);
	}

	private InvalidFields(Map<String, String> fields, String sentence) {
		super(HttpStatus.BAD_REQUEST, sentence);
		this.sentence = sentence;
		this.fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
	}

	@Override
	ErrorAnswer answer() {
		return new ErrorAnswer(this.sentence, this.fields);
	}

}
