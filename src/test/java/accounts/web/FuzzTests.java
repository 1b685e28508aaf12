package accounts.web;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;

import accounts.Account;
import accounts.Answer;
import accounts.RawHttp;
import accounts.Service;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests that nobody has thought of, to every endpoint: whatever comes, the answer is
 * one of the contract.
 */
class FuzzTests {

	private static final int REQUESTS = Integer.getInteger("test.fuzz.requests", 20_000);

	private static final long SEED = Long.getLong("test.fuzz.seed", 20_261_123);

	private static final String[] TEXTS = { "", " ", "a", "0", "-1", "1", "01", "1e9", "9223372036854775807",
			"9223372036854775808", "null", "true", "NaN", "me", "\u0000", "\n", "\r", "\t", "\u001b[31m", "\"", "'",
			"\\", "\\u0000", "\\ud800", "{", "}", "[", "]", ",", ":", "{}", "[]", "%", "%00", "%0d%0a", "%2F", "%2e",
			"%ff", "%c0%80", "%ed%a0%80", "..", "/", "//", ";", ";a=b", "?", "#", "&", "=", "+", "*", "|", "${jndi:x}",
			"#{1}", "' or 1=1 --", "<x>", "\u00ff\u00fe", "\u00c3\u00a9", "\u00ed\u00a0\u0080",
			"\u00f0\u009f\u00a6\u0089", "{\"a\":", "[[[[[[[[", "email", "password", "a@b", "\"email\": 1,",
			"x".repeat(300), "9".repeat(400) };

	private static final String[] PARAMETERS = { "limit", "after", "sort", "email", "q", "count" };

	private static final String[] HEADERS = { "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language",
			"Authorization", "Content-Type", "Content-Encoding", "Content-Language", "Cookie", "Expect", "Forwarded",
			"If-Match", "If-Modified-Since", "If-None-Match", "Origin", "Access-Control-Request-Method", "Range",
			"Referer", "TE", "Trailer", "Upgrade", "User-Agent", "Via", "X-Forwarded-For", "X-Forwarded-Proto",
			"X-HTTP-Method-Override", "X-Request-Id", "X-Requested-With" };

	private static final String[] VALUES = { "application/json", "application/json;charset=UTF-16", "text/html", "*/*",
			"application/*+json", "multipart/form-data; boundary=a", "application/x-www-form-urlencoded", "gzip",
			"100-continue", "bytes=0-", "bytes=5-1", "Mon, 01 Jan 2001 00:00:00 GMT", "W/\"x\"", "websocket", "h2c",
			"http://example.com", "Basic YTpi", "Bearer x.y.z", "eyJhbGciOiJub25lIn0.eyJpZCI6MX0.", "127.0.0.1",
			"DELETE", "de-CH;q=9", "chunked" };

	private final Service service = Service.start();

	private final Account account = this.service.account();

	private final List<Endpoint> endpoints = endpoints();

	@Test
	@Timeout(120)
	void everyAnswerIsOneOfTheContract() throws Exception {
		try (this.service) {
			assertThat(this.endpoints).hasSizeGreaterThan(8);
			for (int i = 0; i < REQUESTS; i++) {
				byte[] request = request(new Random(SEED + i));
				try {
					check(RawHttp.answer(this.service.address(), request), isHead(request));
				}
				catch (Exception | AssertionError ex) {
					throw new AssertionError("-Dtest.fuzz.seed=" + (SEED + i) + " -Dtest.fuzz.requests=1: "
							+ new String(request, StandardCharsets.ISO_8859_1), ex);
				}
			}
			assertThat(this.service.client().get("/health/").status()).isEqualTo(200);
		}
	}

	private static void check(Answer answer, boolean head) {
		assertThat(answer.status()).isBetween(200, 499);
		if (answer.body().isEmpty()) {
			assertThat(head || Set.of(200, 204).contains(answer.status())).as("a body").isTrue();
		}
		else if (answer.status() == 400 && answer.json().has("fields")) {
			String[] fields = answer.json().path("fields").propertyNames().toArray(String[]::new);
			assertThat(fields).isNotEmpty();
			if (answer.text("error").startsWith("Required")) {
				answer.missing(fields);
			}
			else {
				answer.wrong(fields);
			}
		}
		else if (answer.status() >= 400) {
			answer.refused(answer.status());
		}
		else if (answer.header("Content-Type").startsWith("application/json")) {
			assertThat(answer.json().isContainer()).isTrue();
		}
		else {
			assertThat(answer.header("Content-Type")).matches(
					"text/(html|css|javascript|yaml)(;charset=UTF-8)?|application/yaml|application/statuslist\\+jwt|image/png");
		}
	}

	private byte[] request(Random random) {
		Endpoint endpoint = this.endpoints.get(random.nextInt(this.endpoints.size()));
		String method = oneIn(random, 20) ? any(random, "OPTIONS", "HEAD", "GET", "PUT", "FOO") : endpoint.method;
		String body = body(random);
		StringBuilder request = new StringBuilder();
		request.append(method).append(' ').append(target(random, endpoint.path)).append(" HTTP/1.1\r\n");
		request.append("Host: a\r\nConnection: close\r\nContent-Type: ")
			.append(oneIn(random, 10) ? any(random, VALUES) : "application/json")
			.append("\r\n");
		if (random.nextBoolean()) {
			request.append("Authorization: ").append(this.account.token()).append("\r\n");
		}
		for (int i = random.nextInt(3); i > 0; i--) {
			String value = random.nextBoolean() ? any(random, VALUES) : any(random, TEXTS) + any(random, TEXTS);
			request.append(any(random, HEADERS)).append(": ").append(value.replaceAll("[\r\n]", " ")).append("\r\n");
		}
		if (random.nextBoolean()) {
			request.append("Content-Length: ").append(body.length()).append("\r\n\r\n").append(body);
		}
		else {
			request.append("Transfer-Encoding: chunked\r\n\r\n");
			request.append(body.isEmpty() ? "" : Integer.toHexString(body.length()) + "\r\n" + body + "\r\n");
			request.append("0\r\n\r\n");
		}
		return request.toString().getBytes(StandardCharsets.ISO_8859_1);
	}

	private static String target(Random random, String pattern) {
		String path = pattern.replaceAll("\\{[^/]*}", oneIn(random, 3) ? "1" : escaped(random));
		if (oneIn(random, 4)) {
			path = mutated(random, path);
		}
		if (oneIn(random, 3)) {
			path += "?" + any(random, random.nextBoolean() ? PARAMETERS : TEXTS) + "=" + any(random, TEXTS);
		}
		// A line that ends early is another request, in HTTP/0.9
		return path.isBlank() ? "/" : path.replaceAll("[\r\n]", "");
	}

	private static String escaped(Random random) {
		return Matcher.quoteReplacement(any(random, TEXTS).replaceAll("[\\s\u0000/]", "%20"));
	}

	private String body(Random random) {
		String body = switch (random.nextInt(5)) {
			case 0 -> "{\"first_name\": \"A\", \"last_name\": \"B\", \"email\": \"a@b\", \"password\": \"1\"}";
			case 1 -> "{\"email\": \"%s\", \"password\": \"1\"}".formatted(this.account.email());
			case 2 -> "{\"" + any(random, TEXTS) + "\": \"" + any(random, TEXTS) + "\"}";
			case 3 -> "{\"email\": " + any(random, TEXTS) + ", \"password\": " + any(random, TEXTS) + "}";
			default -> any(random, TEXTS) + any(random, TEXTS);
		};
		return oneIn(random, 4) ? body : mutated(random, body);
	}

	private static String mutated(Random random, String text) {
		StringBuilder mutated = new StringBuilder(text);
		for (int i = random.nextInt(4); i >= 0; i--) {
			int at = random.nextInt(mutated.length() + 1);
			switch (random.nextInt(4)) {
				case 0 -> mutated.insert(at, any(random, TEXTS));
				case 1 -> mutated.delete(at, Math.min(mutated.length(), at + 1 + random.nextInt(8)));
				case 2 -> mutated.insert(at, (char) random.nextInt(256));
				default -> mutated.append(mutated.substring(at));
			}
		}
		return mutated.toString();
	}

	private List<Endpoint> endpoints() {
		List<Endpoint> endpoints = new ArrayList<>();
		for (RequestMappingInfo mapping : this.service.bean(RequestMappingHandlerMapping.class)
			.getHandlerMethods()
			.keySet()) {
			for (RequestMethod method : mapping.getMethodsCondition().getMethods()) {
				mapping.getPatternValues().forEach((path) -> endpoints.add(new Endpoint(method.name(), path)));
			}
		}
		endpoints.sort(Comparator.comparing(Endpoint::toString));
		return endpoints;
	}

	private static boolean isHead(byte[] request) {
		return new String(request, 0, 5, StandardCharsets.ISO_8859_1).equals("HEAD ");
	}

	private static boolean oneIn(Random random, int count) {
		return random.nextInt(count) == 0;
	}

	private static String any(Random random, String... of) {
		return of[random.nextInt(of.length)];
	}

	private record Endpoint(String method, String path) {

	}

}
