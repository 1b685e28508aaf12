package accounts;

import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.List;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/** What the service answered, and what the contract says of it. */
public final class Answer {

	private static final JsonMapper JSON = new JsonMapper();

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
		is(expected);
		assertThat(json().propertyNames()).containsExactly("error");
		assertThat(text("error")).isEqualTo(sentence);
		return this;
	}

	/** Asserts that exactly these fields were wrong. */
	public Answer wrong(String... fields) {
		is(400);
		assertThat(json().propertyNames()).containsExactlyInAnyOrder("error", "fields");
		assertThat(json().path("fields").propertyNames()).containsExactlyInAnyOrder(fields);
		return this;
	}

}
