package accounts.metrics;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import accounts.Account;
import accounts.Answer;
import accounts.Client;
import accounts.RawHttp;
import accounts.Service;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/** What Prometheus is told, over HTTP, after what clients did. */
class MetricsTests {

	private static final Path DASHBOARD = Path.of("src/docs/grafana-dashboard.json");

	private static final Path DESCRIPTION = Path.of("src/docs/metrics.md");

	private static final Pattern NAME = Pattern
		.compile("\\b((?:accounts|http_server|hikaricp|tomcat|jvm|process|system)_[a-z_]+)\\b");

	private static Service service;

	private static synchronized Service service() {
		if (service == null) {
			service = open();
		}
		return service;
	}

	private static Service open() {
		return Service.start("accounts.metrics.port=0");
	}

	@AfterAll
	static synchronized void stop() {
		if (service != null) {
			service.close();
			service = null;
		}
	}

	// Where

	@Test
	void unlessAPortIsSetNothingIsMeasuredOrOpen() {
		assertThat(Service.shared().bean(Metrics.class).address()).isNull();
		Service.shared().account().client().get("/metrics").refused(404, "Not Found");
		try (Service closed = Service.start("accounts.metrics.port=")) {
			assertThat(closed.bean(Metrics.class).address()).isNull();
		}
	}

	@Test
	void theMetricsAreNotToBeHadWhereTheUsersAre() {
		service().account().client().get("/metrics").refused(404, "Not Found");
		assertThat(Scrape.address(service()).getHost()).isEqualTo("127.0.0.1");
		assertThat(Scrape.address(service()).getPort()).isNotEqualTo(service().address().getPort());
	}

	@Test
	void thePortIsFreeAgainAfterTheEnd() throws Exception {
		Service first = open();
		URI address = Scrape.address(first);
		Scrape.of(first);
		first.close();
		try (Service second = Service.start("accounts.metrics.port=" + address.getPort())) {
			assertThat(Scrape.address(second)).isEqualTo(address);
			Scrape.of(second);
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					*/* | text/plain; version=0.0.4; charset=utf-8
					text/html | text/plain; version=0.0.4; charset=utf-8
					application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5 | application/openmetrics-text; version=1.0.0; charset=utf-8
					application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,text/plain;q=0.1 | text/plain; version=0.0.4; charset=utf-8
					""")
	void theyComeInPrometheusTextOrOpenMetrics(String accept, String type) throws Exception {
		HttpResponse<String> answer = Scrape.get(Scrape.address(service()), "GET", "Accept", accept);
		assertThat(answer.statusCode()).isEqualTo(200);
		assertThat(answer.headers().allValues("Content-Type")).containsExactly(type);
		assertThat(answer.headers().allValues("X-Content-Type-Options")).containsExactly("nosniff");
		assertThat(answer.body().endsWith("# EOF\n")).isEqualTo(type.contains("openmetrics"));
		assertThat(answer.body()).contains("accounts_users");
	}

	@Test
	void nothingElseIsToBeHadThere() throws Exception {
		URI address = Scrape.address(service());
		HttpResponse<String> head = Scrape.get(address, "HEAD");
		assertThat(head.statusCode()).isEqualTo(200);
		assertThat(head.body()).isEmpty();
		HttpResponse<String> post = Scrape.get(address, "POST");
		assertThat(post.statusCode()).isEqualTo(405);
		assertThat(post.headers().allValues("Allow")).containsExactly("GET, HEAD");
		for (String path : new String[] { "/", "/metrics/", "/metricsx", "/users/", "/actuator/prometheus" }) {
			HttpResponse<String> other = Scrape.get(address.resolve(path), "GET");
			assertThat(other.statusCode()).isEqualTo(404);
			assertThat(other.body()).isEmpty();
		}
	}

	// What

	@Test
	void requestsAreCountedByHandlerAndStatus() throws Exception {
		try (Service fresh = open()) {
			Account ann = fresh.account();
			Account bob = fresh.account();
			for (int i = 0; i < 3; i++) {
				ann.client().get(bob.path()).is(200);
			}
			ann.client().get("/users/" + ann.id()).is(200);
			ann.client().get("/users/9223372036854775807/").is(404);
			fresh.client().get("/users/me/").is(401);
			fresh.client().get("/.well-known/jwks.json").is(200);
			fresh.client().put("/users/", "{}").is(405);
			ann.client().delete(ann.path()).is(204);
			Scrape scrape = Scrape.when(fresh, (seen) -> seen.answered("DELETE", "/users/{id}/", 204) == 1);
			assertThat(scrape.answered("GET", "/users/{id}/", 200)).isEqualTo(4);
			assertThat(scrape.answered("GET", "/users/{id}/", 404)).isEqualTo(1);
			assertThat(scrape.answered("GET", "/users/me/", 401)).isEqualTo(1);
			assertThat(scrape.answered("GET", "/.well-known/jwks.json", 200)).isEqualTo(1);
			assertThat(scrape.answered("PUT", "other", 405)).isEqualTo(1);
			assertThat(scrape.answered("POST", "/users/", 201)).isEqualTo(2);
			assertThat(scrape.types()).containsEntry("http_server_requests_seconds", "histogram");
			String labels = "method=\"GET\",status=\"200\",uri=\"/users/{id}/\"";
			assertThat(scrape.value("http_server_requests_seconds_sum{" + labels + "}")).isGreaterThan(0);
			assertThat(scrape.value(
					"http_server_requests_seconds_bucket{le=\"+Inf\",method=\"GET\",status=\"200\",uri=\"/users/{id}/\"}"))
				.isEqualTo(4);
		}
	}

	@Test
	void whatTheServerItselfRefusesIsCountedToo() throws Exception {
		try (Service fresh = open()) {
			RawHttp.answer(fresh.address(), "nonsense\r\n\r\n").refused(400, "Bad Request");
			RawHttp.answer(fresh.address(), "GET / HTTP/1.1\r\nConnection: close\r\n\r\n").refused(400, "Bad Request");
			RawHttp.answer(fresh.address(), "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n").refused(501);
			Scrape.when(fresh, (seen) -> seen.answered("other", "other", 501) == 1
					&& seen.answered("GET", "other", 400) + seen.answered("other", "other", 400) == 2);
		}
	}

	@Test
	void loginsAreCountedByWhatBecameOfThem() throws Exception {
		try (Service fresh = open()) {
			Scrape before = Scrape.of(fresh);
			for (String outcome : Set.of("success", "unknown_email", "wrong_password", "throttled")) {
				assertThat(before.value("accounts_logins_total{outcome=\"" + outcome + "\"}")).isZero();
			}
			assertThat(before.value("accounts_signups_total")).isZero();
			Account ann = fresh.account();
			Client nobody = fresh.client();
			Account.login(nobody, ann.email(), "wrong").is(401);
			Account.login(nobody, ann.email(), "wrong").is(401);
			Account.login(nobody, "nobody@example.org", "wrong").is(401);
			nobody.post("/auth/get-token/", "{}").is(400);
			Scrape scrape = Scrape.of(fresh);
			assertThat(scrape.types()).containsEntry("accounts_logins_total", "counter");
			assertThat(scrape.value("accounts_logins_total{outcome=\"success\"}")).isEqualTo(1);
			assertThat(scrape.value("accounts_logins_total{outcome=\"wrong_password\"}")).isEqualTo(2);
			assertThat(scrape.value("accounts_logins_total{outcome=\"unknown_email\"}")).isEqualTo(1);
			assertThat(scrape.value("accounts_signups_total")).isEqualTo(1);
			// One for the new account, one for each password that was checked
			assertThat(scrape.value("accounts_password_hash_seconds_count")).isEqualTo(4);
			assertThat(scrape.value("accounts_password_hash_seconds_sum")).isGreaterThan(0);
			assertThat(scrape.value("accounts_password_hash_waiting")).isZero();
			assertThat(scrape.value("accounts_password_hash_refused_total")).isZero();
		}
	}

	@Test
	void refreshesAreCountedByWhatBecameOfThem() throws Exception {
		try (Service fresh = open()) {
			Account ann = fresh.account();
			Client nobody = fresh.client();
			refresh(nobody, "none of ours").is(401);
			String used = Account.login(nobody, ann.email(), ann.password()).text("refresh_token");
			Answer current = refresh(nobody, used).is(200);
			nobody.as(current.text("token")).get("/users/me/").is(200);
			fresh.clock().move(Duration.ofSeconds(11));
			refresh(nobody, used).refused(401, "Refresh token already used");
			refresh(nobody, current.text("refresh_token")).refused(401, "Session ended");
			String old = Account.login(nobody, ann.email(), ann.password()).text("refresh_token");
			fresh.clock().move(Duration.ofDays(31));
			refresh(nobody, old).refused(401, "Refresh token expired");
			Scrape scrape = Scrape.of(fresh);
			assertThat(scrape.value("accounts_refreshes_total{outcome=\"throttled\"}")).isZero();
			for (String outcome : Set.of("success", "unknown", "used", "ended", "expired")) {
				assertThat(scrape.value("accounts_refreshes_total{outcome=\"" + outcome + "\"}")).as(outcome)
					.isEqualTo(1);
			}
		}
	}

	@Test
	void usersAndSessionsAreCountedOnceAMinute() throws Exception {
		try (Service fresh = open()) {
			Account ann = fresh.account();
			Account bob = fresh.account();
			Account.login(fresh.client(), ann.email(), ann.password()).is(200);
			Scrape first = Scrape.of(fresh);
			assertThat(first.value("accounts_users")).isEqualTo(2);
			assertThat(first.value("accounts_sessions")).isEqualTo(3);
			assertThat(first.types()).containsEntry("accounts_users", "gauge")
				.containsEntry("accounts_sessions", "gauge");
			ann.client().post("/auth/logout/", "").is(204);
			bob.client().delete(bob.path()).is(204);
			fresh.clock().move(Duration.ofSeconds(59));
			assertThat(Scrape.of(fresh).value("accounts_users")).isEqualTo(2);
			fresh.clock().move(Duration.ofSeconds(2));
			Scrape later = Scrape.of(fresh);
			assertThat(later.value("accounts_users")).isEqualTo(1);
			assertThat(later.value("accounts_sessions")).isEqualTo(1);
			fresh.clock().move(Duration.ofDays(31));
			assertThat(Scrape.of(fresh).value("accounts_sessions")).isZero();
		}
	}

	@Test
	void theMachineryIsMeasured() throws Exception {
		service().account().client().get("/users/me/").is(200);
		Scrape scrape = Scrape.of(service());
		assertThat(scrape.value("accounts_database_size_bytes")).isGreaterThanOrEqualTo(4096).isLessThan(1e9);
		assertThat(scrape.value("hikaricp_connections_max{pool=\"readers\"}")).isGreaterThan(1);
		assertThat(scrape.value("hikaricp_connections_max{pool=\"writers\"}")).isPositive();
		assertThat(scrape.value("hikaricp_connections_usage_seconds_count{pool=\"writers\"}")).isGreaterThan(0);
		assertThat(scrape.value("tomcat_threads_current_threads")).isGreaterThan(0);
		assertThat(scrape.value("tomcat_threads_config_max_threads")).isEqualTo(384);
		assertThat(scrape.value("tomcat_connections_current_connections")).isGreaterThan(0);
		assertThat(scrape.value("process_uptime_seconds")).isGreaterThan(0);
		assertThat(scrape.value("system_cpu_count")).isGreaterThan(0);
		assertThat(scrape.value("jvm_threads_live_threads")).isGreaterThan(0);
		assertThat(scrape.names()).contains("jvm_memory_used_bytes", "jvm_gc_memory_allocated_bytes_total",
				"process_cpu_usage");
	}

	@Test
	void withoutItsDatabaseTheRestIsStillToBeHad() throws Exception {
		try (Service fresh = open()) {
			fresh.bean(accounts.database.Database.class).close();
			Scrape scrape = Scrape.of(fresh);
			assertThat(scrape.value("accounts_users")).isNaN();
			assertThat(scrape.value("accounts_database_size_bytes")).isNaN();
			assertThat(scrape.value("process_uptime_seconds")).isGreaterThan(0);
		}
	}

	@Test
	void whatClientsMakeUpIsInNoLabelAndAddsNone() throws Exception {
		try (Service fresh = open()) {
			Account ann = fresh.account();
			ann.client().get("/nowhere/").is(404);
			ann.client().send("FOO", "/users/", "").is(405);
			Account.login(fresh.client(), "someone@example.org", "wrong").is(401);
			Scrape before = Scrape.when(fresh, (seen) -> seen.answered("POST", "/auth/get-token/", 401) == 1);
			for (int i = 0; i < 50; i++) {
				ann.client().with("User-Agent", "agent-" + i).get("/nowhere/made-up-" + i).is(404);
				ann.client().send("MADEUP" + i, "/users/", "").is(405);
				Account.login(fresh.client(), "made-up-" + i + "@example.org", "wrong").is(401);
			}
			Scrape after = Scrape.when(fresh, (seen) -> seen.answered("POST", "/auth/get-token/", 401) == 51);
			assertThat(after.answered("GET", "other", 404)).isEqualTo(51);
			assertThat(after.answered("other", "other", 405)).isEqualTo(51);
			assertThat(samples(after, "http_")).isEqualTo(samples(before, "http_"));
			assertThat(samples(after, "accounts_")).isEqualTo(samples(before, "accounts_"));
			assertThat(after.text()).doesNotContainIgnoringCase("made-up")
				.doesNotContain("MADEUP", "agent-", "@", ann.token(), "127.0.0.1", "Lovegood");
		}
	}

	private static Set<String> samples(Scrape scrape, String prefix) {
		Set<String> names = new TreeSet<>(scrape.samples().keySet());
		names.removeIf((name) -> !name.startsWith(prefix));
		return names;
	}

	// The papers

	@Test
	void theDashboardAsksForNothingThatThereIsNot() throws Exception {
		Set<String> asked = new TreeSet<>();
		collect(new JsonMapper().readTree(Files.readString(DASHBOARD)), asked);
		assertThat(asked).hasSizeGreaterThan(15);
		assertThat(known()).containsAll(asked);
	}

	@Test
	void everyMetricThatIsDescribedIsThereAndOursAreAll() throws Exception {
		String description = Files.readString(DESCRIPTION);
		Set<String> described = names(description);
		assertThat(known()).containsAll(described);
		Set<String> ours = new TreeSet<>();
		Scrape.of(service()).types().keySet().forEach((name) -> {
			if (name.startsWith("accounts_") || name.startsWith("http_")) {
				ours.add(name);
			}
		});
		assertThat(described).containsAll(ours);
	}

	/** Every name that an expression may use. */
	private static Set<String> known() throws IOException, InterruptedException {
		service().client().get("/health/").is(200);
		// Of pauses there is nothing to tell before the first
		System.gc();
		Scrape scrape = Scrape.when(service(), (seen) -> seen.answered("GET", "/health/", 200) > 0
				&& seen.names().contains("jvm_gc_pause_seconds_count"));
		Set<String> known = new TreeSet<>(scrape.names());
		known.addAll(scrape.types().keySet());
		return known;
	}

	private static void collect(JsonNode node, Set<String> asked) {
		node.propertyStream().forEach((member) -> {
			if (member.getValue().isString()
					&& (member.getKey().equals("expr") || member.getValue().stringValue().startsWith("label_values"))) {
				Set<String> names = names(member.getValue().stringValue());
				assertThat(names).as(member.getValue().stringValue()).isNotEmpty();
				asked.addAll(names);
			}
		});
		node.valueStream().forEach((child) -> collect(child, asked));
	}

	private static Set<String> names(String text) {
		Set<String> names = new TreeSet<>();
		Matcher name = NAME.matcher(text);
		while (name.find()) {
			names.add(name.group(1));
		}
		return names;
	}

	private static Answer refresh(Client client, String token) {
		return client.post("/auth/refresh/", "{\"refresh_token\": \"" + token + "\"}");
	}

}
