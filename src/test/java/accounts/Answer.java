package accounts;

import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/** What the service answered, and what the contract says of it. */
public final class Answer {

	private static final JsonMapper JSON = new JsonMapper();

	private static final Pattern INSIDE = Pattern.compile(
			"(?i)exception|accounts\\.|org\\.|java|tomcat|apache|spring|jackson|sqlite|select |<html|stack|\\d\\.\\d\\.\\d");

	private final int status;

	private final HttpHeaders headers;

	private final byte[] body;

	Answer(int status, HttpHeaders headers, byte[] body) {
		this.status = status;
		this.headers = headers;
		this.body = body;
	}

	public int status() {
		return this.status;
	}

	public String header(String name) {
		return this.headers.firstValue(name).orElse(null);
	}

	public List<String> headers(String name) {
		return this.headers.allValues(name);
	}

	public String body() {
		return new String(this.body, StandardCharsets.UTF_8);
	}

	public JsonNode json() {
		assertThat(header("Content-Type")).isEqualTo("application/json");
		return JSON.readTree(this.body);
	}

	/** The member of that name as text. */
	public String text(String member) {
		return json().path(member).asString();
	}

	/** Asserts the status of a success. */
	public Answer is(int expected) {
		assertThat(this.status).as(body()).isEqualTo(expected);
		return this;
	}

	/**
	 * Asserts an error of the contract's form: that status, that sentence, nothing else.
	 */
	public Answer refused(int expected, String sentence) {
		refused(expected);
		assertThat(text("error")).isEqualTo(sentence);
		return this;
	}

	/** Asserts an error of the contract's form, whatever its sentence. */
	public Answer refused(int expected) {
		is(expected).tellsNothingOfItself();
		assertThat(json().propertyNames()).containsExactly("error");
		return this;
	}

	/** Asserts that nothing names the program's parts, beside the request's id. */
	public Answer tellsNothingOfItself() {
		assertThat(header("X-Request-Id")).matches("[A-Za-z0-9-]{8,64}");
		assertThat(this.headers.map().keySet()).doesNotContain("server", "Server", "x-powered-by", "X-Powered-By");
		assertThat(body()).doesNotContainPattern(INSIDE);
		return this;
	}

	/**
	 * Asserts that exactly these fields were missing or empty, and nothing else wrong.
	 */
	public Answer missing(String... fields) {
		return refusedFor("Required fields are missing", fields);
	}

	/** Asserts that exactly these fields were wrong, some by more than being empty. */
	public Answer wrong(String... fields) {
		return refusedFor("Some fields are not valid", fields);
	}

	private Answer refusedFor(String sentence, String... fields) {
		is(400).tellsNothingOfItself();
		assertThat(json().propertyNames()).containsExactlyInAnyOrder("error", "fields");
		assertThat(text("error")).isEqualTo(sentence);
		assertThat(json().path("fields").propertyNames()).containsExactlyInAnyOrder(fields);
		return this;
	}

}
