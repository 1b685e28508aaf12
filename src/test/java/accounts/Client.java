package accounts;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Talks to a service as any HTTP client would: bytes out, bytes in. No answer may be one
 * that openapi.yaml does not know.
 */
public final class Client {

	private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private final URI address;

	private final Map<String, String> headers;

	public Client(URI address) {
		this(address, Map.of());
	}

	private Client(URI address, Map<String, String> headers) {
		this.address = address;
		this.headers = headers;
	}

	/** The same with the header {@code Authorization: token}. */
	public Client as(String token) {
		return with("Authorization", token);
	}

	public Client with(String header, String value) {
		Map<String, String> more = new LinkedHashMap<>(this.headers);
		more.put(header, value);
		return new Client(this.address, more);
	}

	public Answer get(String path) {
		return send("GET", path, BodyPublishers.noBody());
	}

	public Answer post(String path, String json) {
		return send("POST", path, json);
	}

	public Answer put(String path, String json) {
		return send("PUT", path, json);
	}

	public Answer patch(String path, String json) {
		return send("PATCH", path, json);
	}

	public Answer delete(String path) {
		return send("DELETE", path, BodyPublishers.noBody());
	}

	public Answer send(String method, String path, String json) {
		return send(method, path, BodyPublishers.ofString(json));
	}

	public Answer send(String method, String path, HttpRequest.BodyPublisher body) {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(this.address + path))
			.timeout(Duration.ofSeconds(60))
			.method(method, body);
		if (body.contentLength() != 0) {
			request.setHeader("Content-Type", "application/json");
		}
		this.headers.forEach(request::setHeader);
		try {
			HttpResponse<byte[]> response = HTTP.send(request.build(), BodyHandlers.ofByteArray());
			Answer answer = new Answer(response.statusCode(), response.headers(), response.body());
			OpenApiDocument.shared().check(method, path, answer);
			return answer;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
