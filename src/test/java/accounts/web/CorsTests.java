package accounts.web;

import java.util.List;
import java.util.Locale;

import accounts.Account;
import accounts.Answer;
import accounts.Client;
import accounts.RawHttp;
import accounts.Service;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Which pages in a browser may read the answers. */
class CorsTests {

	private static final String APP = "https://app.example.org";

	private static final String KEYS = "/.well-known/jwks.json";

	@Test
	void noPageOfAnotherOriginIsLetInByDefault() throws Exception {
		Service service = Service.shared();
		assertClosed(service.client().with("Origin", APP).get("/health/").is(200));
		assertClosed(service.account().client().with("Origin", "null").get("/users/me/").is(200));
		assertClosed(service.client().with("Origin", APP).get("/users/").refused(401));
		assertThat(service.client().with("Origin", APP).get("/health/").headers("Vary")).doesNotContain("Origin");
	}

	@Test
	void aPreflightOfAnUnknownOriginIsAnsweredAsOptionsIs() throws Exception {
		try (Service open = Service.start("accounts.cors.origins=" + APP)) {
			for (Service service : List.of(Service.shared(), open)) {
				Answer options = service.client().send("OPTIONS", "/users/", "").is(200);
				Answer preflight = preflight(service, "https://evil.example", "/users/", "POST").is(200);
				assertClosed(preflight);
				assertThat(preflight.body()).isEmpty();
				assertThat(preflight.header("Allow")).isEqualTo(options.header("Allow"));
				assertClosed(preflight(service, "https://evil.example", "/nowhere/", "GET").refused(404, "Not Found"));
			}
		}
	}

	@Test
	void pagesOfTheOriginsInTheSettingsReadAnswersAndErrors() {
		try (Service service = Service.start("accounts.cors.origins=" + APP + ",http://localhost:3000")) {
			for (String origin : List.of(APP, "http://localhost:3000")) {
				Account account = service.account();
				Client page = account.client().with("Origin", origin);
				for (Answer answer : List.of(page.get("/users/me/").is(200), page.get("/nowhere/").refused(404),
						page.post("/users/", "no JSON").refused(400), page.post("/auth/logout/", "").is(204),
						page.get("/users/me/").refused(401))) {
					assertThat(answer.headers("Access-Control-Allow-Origin")).containsExactly(origin);
					assertThat(answer.header("Access-Control-Expose-Headers").split(", ", -1)).contains("Location",
							"X-Request-Id", "Retry-After", "Link", "X-Total-Count", "WWW-Authenticate");
					assertThat(answer.headers("Access-Control-Allow-Credentials")).isEmpty();
					assertThat(answer.headers("Vary")).contains("Origin");
				}
			}
		}
	}

	@Test
	void everyOtherOriginIsLeftToItsBrowser() {
		try (Service service = Service.start("accounts.cors.origins=" + APP)) {
			for (String origin : List.of("https://evil.example", "http://app.example.org", APP + ":8443", APP + ".evil",
					"https://sub.app.example.org", APP.toUpperCase(Locale.ROOT), "null", "*", "")) {
				Answer answer = service.client().with("Origin", origin).get("/health/").is(200);
				assertClosed(answer);
				// A copy in a cache must not be given to the page that is let in
				assertThat(answer.headers("Vary")).contains("Origin");
			}
			assertThat(service.client().get("/health/").is(200).headers("Vary")).contains("Origin");
		}
	}

	@Test
	void aPreflightNeedsNoTokenAndIsKept() throws Exception {
		try (Service service = Service.start("accounts.cors.origins=" + APP)) {
			for (String path : List.of("/users/1/", "/users/", "/auth/logout/")) {
				Answer answer = preflight(service, APP, path, "PATCH").is(204);
				assertThat(answer.body()).isEmpty();
				assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo(APP);
				assertThat(answer.header("Access-Control-Allow-Methods").split(", ", -1))
					.containsExactlyInAnyOrder("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE");
				assertThat(answer.header("Access-Control-Allow-Headers").split(", ", -1)).contains("Authorization",
						"Content-Type");
				assertThat(answer.header("Access-Control-Max-Age")).isEqualTo("7200");
				assertThat(answer.headers("Access-Control-Allow-Credentials")).isEmpty();
				assertThat(answer.tellsNothingOfItself().headers("X-Content-Type-Options")).containsExactly("nosniff");
			}
			// The request itself does
			service.client().with("Origin", APP).patch("/users/1/", "{}").refused(401, "Authentication failed");
		}
	}

	@Test
	void openToAnyMeansEveryPageEvenOfAFile() throws Exception {
		try (Service service = Service.start("accounts.cors.origins=*")) {
			for (String origin : List.of(APP, "null")) {
				Answer answer = service.client().with("Origin", origin).get("/health/").is(200);
				assertThat(answer.headers("Access-Control-Allow-Origin")).containsExactly("*");
				assertThat(answer.headers("Access-Control-Allow-Credentials")).isEmpty();
				assertThat(preflight(service, origin, "/users/", "POST").is(204).headers("Access-Control-Allow-Origin"))
					.containsExactly("*");
			}
		}
	}

	@Test
	void publicKeysAreForEveryPageWhateverIsSet() {
		for (String setting : List.of("", APP, "*")) {
			try (Service service = Service.start("accounts.cors.origins=" + setting)) {
				for (String origin : List.of(APP, "https://evil.example")) {
					Client page = service.client().with("Origin", origin);
					Answer keys = page.get(KEYS).is(200);
					assertThat(keys.headers("Access-Control-Allow-Origin")).containsExactly("*");
					assertThat(page.with("If-None-Match", keys.header("ETag"))
						.get(KEYS)
						.is(304)
						.headers("Access-Control-Allow-Origin")).containsExactly("*");
					assertThat(page.get("/auth/status-lists/0/").headers("Access-Control-Allow-Origin"))
						.containsExactly("*");
				}
			}
		}
	}

	private static void assertClosed(Answer answer) {
		for (String header : List.of("Allow-Origin", "Allow-Methods", "Allow-Headers", "Expose-Headers", "Max-Age",
				"Allow-Credentials")) {
			assertThat(answer.headers("Access-Control-" + header)).isEmpty();
		}
	}

	private static Answer preflight(Service service, String origin, String path, String method) throws Exception {
		return RawHttp.answer(service.address(),
				"OPTIONS " + path + " HTTP/1.1\r\nHost: a\r\nOrigin: " + origin + "\r\nAccess-Control-Request-Method: "
						+ method + "\r\nAccess-Control-Request-Headers: authorization, content-type\r\n"
						+ "Connection: close\r\n\r\n");
	}

}
