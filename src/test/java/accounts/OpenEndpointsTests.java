package accounts;

import java.util.List;
import java.util.Map;
import java.util.Set;

import accounts.web.Open;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.webmvc.test.autoconfigure.AutoConfigureMockMvc;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

import static org.assertj.core.api.Assertions.assertThat;

/** What anyone may call, and that it is nothing else. */
@SpringBootTest
@AutoConfigureMockMvc
class OpenEndpointsTests {

	private static final List<String> OPEN = List.of("AuthController.getToken", "AuthController.refresh",
			"KeyController.keys", "KeyController.statusList", "DocsController.document", "DocsController.icon",
			"DocsController.index", "DocsController.library", "DocsController.script", "DocsController.style",
			"HealthController.live", "HealthController.ready", "UserController.signUp");

	private static final Set<RequestMethod> ALL = Set.of(RequestMethod.GET, RequestMethod.HEAD, RequestMethod.POST,
			RequestMethod.PUT, RequestMethod.PATCH, RequestMethod.DELETE);

	private final MockMvcTester http;

	private final Map<RequestMappingInfo, HandlerMethod> handlers;

	OpenEndpointsTests(@Autowired MockMvcTester http, @Autowired RequestMappingHandlerMapping mapping) {
		this.http = http;
		this.handlers = mapping.getHandlerMethods();
	}

	@DynamicPropertySource
	static void database(DynamicPropertyRegistry settings) {
		settings.add("spring.datasource.url", () -> Service.url(Service.folder()));
	}

	@Test
	void theseHandlersAreOpen() {
		assertThat(this.handlers.values()).filteredOn(OpenEndpointsTests::isOpen)
			.extracting((handler) -> handler.getBeanType().getSimpleName() + "." + handler.getMethod().getName())
			.containsExactlyInAnyOrderElementsOf(OPEN);
	}

	@Test
	void everyOtherAsksForAUser() {
		assertThat(this.handlers).hasSizeGreaterThan(OPEN.size());
		this.handlers.forEach((mapping, handler) -> {
			if (!isOpen(handler)) {
				Set<RequestMethod> methods = mapping.getMethodsCondition().getMethods();
				for (RequestMethod method : methods.isEmpty() ? ALL : methods) {
					mapping.getPatternValues().forEach((path) -> asksForAUser(method, path));
				}
			}
		});
	}

	@Test
	void aPathThatNobodyHandlesIsNoSecret() {
		assertThat(this.http.get().uri("/nowhere/")).hasStatus(404);
	}

	private void asksForAUser(RequestMethod method, String path) {
		for (String token : new String[] { null, "", "Bearer ", "x.y.z", "Basic YTpi" }) {
			MockMvcTester.MockMvcRequestBuilder request = this.http.method(HttpMethod.valueOf(method.name()))
				.uri(path.replaceAll("\\{[^/]*}", "1"))
				.contentType(MediaType.APPLICATION_JSON)
				.content("{}");
			if (token != null) {
				request.header("Authorization", token);
			}
			assertThat(request).as(method + " " + path)
				.hasStatus(401)
				.bodyJson()
				.isStrictlyEqualTo("{\"error\": \"Authentication failed\"}");
		}
	}

	private static boolean isOpen(HandlerMethod handler) {
		return handler.hasMethodAnnotation(Open.class);
	}

}
