package accounts.web;

import java.io.IOException;
import java.util.List;

import accounts.Answer;
import accounts.Client;
import accounts.RawHttp;
import accounts.Service;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** No browser makes more of an answer than it is (ASVS 3.4). */
class SecurityHeadersTests {

	private final Service service = Service.shared();

	@Test
	void everyAnswerForbidsABrowserAllThatItHasNoNeedOf() {
		Client nobody = this.service.client();
		Client user = this.service.account().client();
		String document = nobody.get("/openapi.yaml").header("ETag");
		for (Answer answer : List.of(nobody.get("/health/").is(200), user.get("/users/").is(200),
				user.send("HEAD", "/users/me/", "").is(200), nobody.get("/openapi.yaml").is(200),
				nobody.with("If-None-Match", document).get("/openapi.yaml").is(304),
				nobody.get("/.well-known/jwks.json").is(200), nobody.get("/docs/docs.js").is(200),
				nobody.get("/users/").is(401), nobody.get("/nowhere/").is(404), nobody.put("/users/", "{}").is(405),
				nobody.post("/users/", "no JSON").is(400), nobody.post("/users/", " ".repeat(70_000)).is(413),
				nobody.with("Content-Type", "*/*").post("/users/", "{}").is(415),
				user.post("/auth/logout/", "").is(204), nobody.send("OPTIONS", "/users/", "").is(200))) {
			assertThat(answer.headers("X-Content-Type-Options")).containsExactly("nosniff");
			assertThat(answer.headers("Content-Security-Policy"))
				.containsExactly("default-src 'none'; frame-ancestors 'none'");
			assertThat(answer.headers("Referrer-Policy")).containsExactly("no-referrer");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "nonsense\r\n\r\n", "GET /users/%zz/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
			"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "CONNECT /users/ HTTP/1.1\r\nHost: a\r\n\r\n",
			"TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" })
	void whatTheServerItselfRefusesIsNoException(String request) throws IOException {
		Answer answer = RawHttp.answer(this.service.address(), request);
		assertThat(answer.status()).isBetween(400, 599);
		assertThat(answer.headers("X-Content-Type-Options")).containsExactly("nosniff");
		assertThat(answer.headers("Content-Security-Policy"))
			.containsExactly("default-src 'none'; frame-ancestors 'none'");
	}

	@Test
	void theDocumentationRunsItsOwnScriptsAndNoOthers() {
		Answer page = this.service.client().get("/docs/").is(200);
		assertThat(page.headers("Content-Security-Policy")).singleElement()
			.asString()
			.startsWith("default-src 'none'; script-src 'self'; style-src 'self'; ")
			.contains("connect-src 'self'", "frame-ancestors 'none'")
			.doesNotContain("unsafe", "*");
		assertThat(page.headers("X-Content-Type-Options")).containsExactly("nosniff");
		// A file without a page around it is none to run scripts
		assertThat(this.service.client().get("/docs/docs.js").header("Content-Security-Policy"))
			.doesNotContain("script-src");
	}

	@Test
	void withoutTlsNobodyIsToldToUseIt() {
		assertThat(this.service.client().with("X-Forwarded-Proto", "https").get("/health/").is(200))
			.extracting((answer) -> answer.header("Strict-Transport-Security"))
			.isNull();
	}

	@Test
	void behindAProxyWithTlsBrowsersAreToldToUseNothingElse() {
		try (Service behind = Service.start("accounts.proxies=127.0.0.1")) {
			for (String path : List.of("/health/", "/nowhere/", "/docs/")) {
				assertThat(behind.client()
					.with("X-Forwarded-Proto", "https")
					.with("X-Forwarded-For", "192.0.2.1")
					.get(path)
					.headers("Strict-Transport-Security")).containsExactly("max-age=31536000");
				assertThat(behind.client()
					.with("Forwarded", "for=192.0.2.9;proto=http, for=192.0.2.1;proto=HTTPS")
					.get(path)
					.headers("Strict-Transport-Security")).containsExactly("max-age=31536000");
				assertThat(behind.client()
					.with("Forwarded", "for=192.0.2.9;proto=https, for=192.0.2.1;proto=http")
					.get(path)
					.header("Strict-Transport-Security")).isNull();
				assertThat(behind.client().with("X-Forwarded-Proto", "http").get(path))
					.extracting((answer) -> answer.header("Strict-Transport-Security"))
					.isNull();
			}
		}
	}

}
