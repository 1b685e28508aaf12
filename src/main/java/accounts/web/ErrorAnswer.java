package accounts.web;

import java.util.Map;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpStatus;

/**
 * The body of every error: one sentence, and for a request with wrong fields what each of
 * them must be.
 *
 * @param error one sentence for the client's developer
 * @param fields what each wrong field must be, by its name
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ErrorAnswer(String error, @Nullable Map<String, String> fields) {

	static ErrorAnswer of(String error) {
		return new ErrorAnswer(error, null);
	}

	/** The sentence of an error that HTTP itself names. */
	static String sentence(int status) {
		HttpStatus known = HttpStatus.resolve(status);
		return (known != null) ? known.getReasonPhrase() : "Error " + status;
	}

}
