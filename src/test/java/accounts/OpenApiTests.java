package accounts;

import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import accounts.OpenApiDocument.Operation;
import accounts.OpenApiDocument.Outcome;
import accounts.database.Database;
import accounts.web.Open;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The service and openapi.yaml say the same. */
class OpenApiTests {

	private static final Operation SIGN_UP = new Operation("POST", "/users/");

	private static final Operation GET_TOKEN = new Operation("POST", "/auth/get-token/");

	private final OpenApiDocument document = OpenApiDocument.shared();

	private final Set<Outcome> seen = new TreeSet<>();

	@Test
	void everyHandlerIsAnOperationAndTheOtherWayRound() {
		assertThat(handlers(false)).isEqualTo(this.document.operations());
	}

	@Test
	void anOperationIsOpenWhereItsHandlerIs() {
		assertThat(this.document.open()).isEqualTo(handlers(true));
	}

	@Test
	void objectsInAnswersHaveNoOtherMembersThanTheListed() {
		assertThat(this.document.openObjects()).isEmpty();
	}

	@Test
	void everyListedStatusIsSeenAndNoOther() {
		Service service = Service.shared();
		Client nobody = service.client();
		Account ann = service.account();
		Account bob = service.account();
		String newUser = """
				{"first_name": "Ann", "last_name": "Lee", "email": "%s", "password": "1234"}""";

		see(nobody, "POST", "/users/", newUser.formatted(Account.newEmail()));
		see(nobody, "POST", "/users/", newUser.formatted(ann.email()));
		seeBadBodies(nobody, "POST", "/users/");
		see(nobody, "POST", "/users/", "{}");

		see(nobody, "POST", "/auth/get-token/", login(ann.email(), ann.password()));
		see(nobody, "POST", "/auth/get-token/", login(ann.email(), "wrong"));
		see(nobody, "POST", "/auth/get-token/", login("nobody@example.org", "wrong"));
		seeBadBodies(nobody, "POST", "/auth/get-token/");
		see(nobody, "POST", "/auth/get-token/", "{\"email\": 1}");

		String refreshToken = see(nobody, "POST", "/auth/get-token/", login(ann.email(), ann.password()))
			.text("refresh_token");
		see(nobody, "POST", "/auth/refresh/", refresh(refreshToken));
		see(nobody, "POST", "/auth/refresh/", refresh("unknown"));
		seeBadBodies(nobody, "POST", "/auth/refresh/");
		see(nobody, "POST", "/auth/refresh/", "{\"refresh_token\": 1}");
		see(nobody, "GET", "/auth/sessions/", "");
		see(ann.client(), "GET", "/auth/sessions/", "");
		String sessionId = see(nobody, "POST", "/auth/get-token/", login(ann.email(), ann.password()))
			.text("session_id");
		for (Client client : List.of(nobody, bob.client(), ann.client())) {
			see(client, "DELETE", "/auth/sessions/" + sessionId + "/", "");
		}
		see(nobody, "DELETE", "/auth/sessions/", "");
		see(ann.client(), "DELETE", "/auth/sessions/", "");
		see(nobody, "POST", "/auth/logout/", "");
		see(service.account().client(), "POST", "/auth/logout/", "");
		String keys = see(nobody, "GET", "/.well-known/jwks.json", "").header("ETag");
		see(nobody.with("If-None-Match", keys), "GET", "/.well-known/jwks.json", "");
		see(nobody, "GET", "/auth/status-lists/0/", "");
		see(nobody, "GET", "/auth/status-lists/99999999999999/", "");
		see(nobody, "GET", "/auth/status-lists/0/?time=1686925000", "");

		see(ann.client(), "GET", "/users/?limit=1&count=true", "");
		see(ann.client(), "GET", "/users/?limit=0", "");
		for (String path : List.of("/users/", "/users/me/", bob.path(), "/users/9223372036854775807/", "/users/x/")) {
			see(nobody, "GET", path, "");
			see(ann.client(), "GET", path, "");
		}
		for (String method : List.of("PUT", "PATCH")) {
			see(nobody, method, ann.path(), "{}");
			see(bob.client(), method, ann.path(), "{}");
			see(ann.client(), method, ann.path(), "{}");
			see(ann.client(), method, ann.path(), "{\"email\": \"" + bob.email() + "\"}");
			see(ann.client(), method, ann.path(), "{\"email\": \"no address\"}");
			see(ann.client(), method, "/users/9223372036854775808/", "{}");
			seeBadBodies(ann.client(), method, ann.path());
		}
		see(nobody, "DELETE", ann.path(), "");
		see(bob.client(), "DELETE", ann.path(), "");
		see(ann.client(), "DELETE", "/users/0/", "");
		see(ann.client(), "DELETE", ann.path(), "");

		for (String path : List.of("/health/", "/health/ready/", "/health/live/")) {
			see(nobody, "GET", path, "");
		}
		for (String path : List.of("/openapi.yaml", "/docs/")) {
			String etag = see(nobody, "GET", path, "").header("ETag");
			see(nobody.with("If-None-Match", etag), "GET", path, "");
		}
		seeHardened();
		seeWithoutDatabase();
		seeTooMuch();

		assertThat(this.seen).isEqualTo(this.document.outcomes());
	}

	private void seeBadBodies(Client client, String method, String path) {
		see(client, method, path, "no JSON");
		see(client, method, path, "{\"x\": \"" + "x".repeat(64 * 1024) + "\"}");
		see(client.with("Content-Type", "text/plain"), method, path, "{}");
	}

	private void seeHardened() {
		try (Service service = Service.start("spring.profiles.active=hardened")) {
			Account ann = service.account();
			Account bob = service.account();
			for (String method : List.of("PUT", "PATCH", "DELETE")) {
				see(ann.client(), method, bob.path(), "{}");
			}
			String guess = "{\"email\": \"c@example.org\", \"current_password\": \"guess\"}";
			for (int i = 0; i < 11; i++) {
				see(ann.client(), "PATCH", ann.path(), guess);
			}
			// Where each takes more than the delay, the next delay is longer
			for (int i = 0; i < 3; i++) {
				see(ann.client(), "PUT", ann.path(), guess);
			}
		}
	}

	private void seeWithoutDatabase() {
		try (Service service = Service.start()) {
			Client nobody = service.client();
			Account ann = service.account();
			String refreshToken = Account.login(nobody, ann.email(), ann.password()).text("refresh_token");
			service.bean(Database.class).close();
			see(nobody, "POST", "/users/", """
					{"first_name": "Ann", "last_name": "Lee", "email": "ann@example.org", "password": "1234"}""");
			see(nobody, "POST", "/auth/get-token/", login(ann.email(), ann.password()));
			for (String path : List.of("/users/", "/users/me/", ann.path())) {
				see(ann.client(), "GET", path, "");
			}
			see(ann.client(), "PUT", ann.path(), "{}");
			see(ann.client(), "PATCH", ann.path(), "{}");
			see(ann.client(), "DELETE", ann.path(), "");
			see(nobody, "POST", "/auth/refresh/", refresh(refreshToken));
			see(ann.client(), "POST", "/auth/logout/", "");
			see(ann.client(), "GET", "/auth/sessions/", "");
			see(ann.client(), "DELETE", "/auth/sessions/", "");
			see(ann.client(), "DELETE", "/auth/sessions/1/", "");
			see(nobody, "GET", "/auth/status-lists/0/", "");
			see(nobody, "GET", "/health/", "");
			see(nobody, "GET", "/health/ready/", "");
			assertThat(nobody.get("/health/live/").status()).isEqualTo(200);
		}
	}

	private void seeTooMuch() {
		try (Service service = Service.start("accounts.throttle.free-tries=1", "accounts.throttle.sign-ups=1",
				"accounts.throttle.refreshes=1")) {
			Client nobody = service.client();
			for (int i = 0; i < 4; i++) {
				see(nobody, "POST", "/users/", """
						{"first_name": "Ann", "last_name": "Lee", "email": "%s", "password": "1234"}"""
					.formatted(Account.newEmail()));
				see(nobody, "POST", "/auth/get-token/", login("ann@example.org", "wrong"));
				see(nobody, "POST", "/auth/refresh/", refresh("unknown"));
			}
		}
	}

	private static String login(String email, String password) {
		return "{\"email\": \"%s\", \"password\": \"%s\"}".formatted(email, password);
	}

	private static String refresh(String token) {
		return "{\"refresh_token\": \"%s\"}".formatted(token);
	}

	private Answer see(Client client, String method, String path, String body) {
		Answer answer = client.send(method, path, body);
		this.document.check(method, path, answer).ifPresent(this.seen::add);
		return answer;
	}

	@Test
	void theDocumentsExamplesWork() {
		try (Service service = Service.start()) {
			Client client = service.client();
			Set<Operation> operations = new LinkedHashSet<>(List.of(SIGN_UP, GET_TOKEN));
			operations.addAll(this.document.operations());
			for (Operation operation : operations) {
				for (JsonNode example : this.document.requestExamples(operation)) {
					Answer answer = client.send(operation.method(), operation.path().replace("{id}", "1"),
							example.toString());
					answer.is(operation.equals(SIGN_UP) ? 201 : 200);
					if (operation.equals(GET_TOKEN)) {
						client = client.as(answer.text("token"));
					}
				}
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "{}", "no JSON", "{\"error\": 1}", "{\"error\": \"Bad Request\", \"trace\": \"…\"}",
			"{\"error\": \"Permission denied\"}" })
	void anAnswerThatTheDocumentDoesNotKnowIsFound(String body) {
		assertThatThrownBy(() -> this.document.check("GET", "/users/", answer(401, body)))
			.isInstanceOf(AssertionError.class)
			.hasMessageContaining("openapi.yaml");
	}

	@Test
	void aStatusOrPathThatTheDocumentDoesNotKnowIsFound() {
		assertThatThrownBy(() -> this.document.check("GET", "/users/", answer(409, "{\"error\": \"Conflict\"}")))
			.hasMessageContaining("the status is not listed");
		assertThatThrownBy(() -> this.document.check("GET", "/secrets/", answer(200, "{}")))
			.hasMessageContaining("there is no such operation");
	}

	private static Answer answer(int status, String body) {
		return new Answer(status,
				HttpHeaders.of(Map.of("Content-Type", List.of("application/json"), "X-Request-Id",
						List.of("0123456789abcdef"), "WWW-Authenticate", List.of("Bearer")), (name, value) -> true),
				body.getBytes(StandardCharsets.UTF_8));
	}

	private static Set<Operation> handlers(boolean onlyOpen) {
		Set<Operation> handlers = new LinkedHashSet<>();
		Service.shared().bean(RequestMappingHandlerMapping.class).getHandlerMethods().forEach((mapping, handler) -> {
			if (!onlyOpen || handler.hasMethodAnnotation(Open.class)) {
				handlers.addAll(operations(mapping, handler));
			}
		});
		return handlers;
	}

	/** A path without its last slash is no operation of its own. */
	private static Set<Operation> operations(RequestMappingInfo mapping, HandlerMethod handler) {
		Set<String> paths = mapping.getPatternValues();
		assertThat(mapping.getMethodsCondition().getMethods()).as(handler.toString()).isNotEmpty();
		return paths.stream()
			.filter((path) -> !paths.contains(path + "/") && !OpenApiDocument.FILES.contains(path))
			.map((path) -> path.replaceAll("\\{(\\w+):[^/]*}", "{$1}"))
			.flatMap((path) -> mapping.getMethodsCondition()
				.getMethods()
				.stream()
				.map((method) -> new Operation(method.name(), path)))
			.collect(Collectors.toSet());
	}

}
