package accounts.auth;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

import accounts.Account;
import accounts.Postgres;
import accounts.Answer;
import accounts.Service;
import accounts.database.Backup;
import accounts.database.Database;
import accounts.database.Outcome;
import accounts.database.Restore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import static org.assertj.core.api.Assertions.assertThat;

/** Token Status List, draft-ietf-oauth-status-list-21. */
class StatusListTests {

	private static final String URL = "accounts.url=" + OtherService.URL;

	private static final String LIST = "/auth/status-lists/0/";

	/** Section 4.1 and 4.2. */
	@Test
	void theDraftsShortExampleIsWrittenAsThere() {
		BitSet set = new BitSet();
		IntStream.of(0, 3, 4, 5, 7, 8, 9, 13, 15).forEach(set::set);
		assertThat(StatusLists.encode(set, 16)).isEqualTo("eNrbuRgAAhcBXQ");
	}

	/** Appendix C.1, whose zlib may write the same bytes in other ways. */
	@Test
	void theDraftsLongExampleIsReadBackAsThere() throws Exception {
		String lst = "eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
				+ "AAAAAAAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA7KpLAAAAAAAAAAAAAAAAAAAAAJsLCQ"
				+ "AAAAAAAAAAADjelAAAAAAAAAAAKjDMAQAAAACAZC8L2AEb";
		BitSet set = new BitSet();
		IntStream.of(0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345).forEach(set::set);
		assertThat(OtherService.inflate(StatusLists.encode(set, 1 << 20))).isEqualTo(OtherService.inflate(lst));
	}

	/** Section 5.1, 8.2. */
	@ParameterizedTest
	@EnumSource
	void aListIsASignedTokenOfItsOwnType(SigningAlgorithm algorithm) throws Exception {
		try (Service service = Service.start(KeyTests.algorithm(algorithm), URL, "accounts.session.status-ttl=45s")) {
			Account account = service.account();
			Answer answer = service.client().with("Accept", "application/statuslist+jwt").get(LIST).is(200);
			assertThat(answer.header("Content-Type")).isEqualTo("application/statuslist+jwt");
			assertThat(answer.headers("Cache-Control")).containsExactly("max-age=45, public");
			ObjectNode header = Forge.header(answer.body());
			assertThat(header.propertyNames()).containsExactlyInAnyOrder("alg", "typ", "kid");
			assertThat(header.path("typ").stringValue()).isEqualTo("statuslist+jwt");
			assertThat(header.path("alg").stringValue()).isEqualTo(algorithm.name());
			assertThat(header.path("kid")).isEqualTo(Forge.header(account.token()).path("kid"));

			ObjectNode claims = Forge.claims(answer.body());
			JsonNode reference = Forge.claims(account.token()).path("status").path("status_list");
			assertThat(reference.propertyNames()).containsExactlyInAnyOrder("idx", "uri");
			assertThat(reference.path("uri").stringValue()).isEqualTo(OtherService.URL + LIST);
			assertThat(claims.path("sub")).isEqualTo(reference.path("uri"));
			assertThat(claims.path("iss")).isEqualTo(Forge.claims(account.token()).path("iss"));
			assertThat(claims.path("ttl").longValue()).isEqualTo(45);
			assertThat(claims.path("exp").longValue() - claims.path("iat").longValue()).isEqualTo(90);
			assertThat(claims.path("status_list").propertyNames()).containsExactlyInAnyOrder("bits", "lst");
			assertThat(claims.path("status_list").path("bits").longValue()).isEqualTo(1);
			byte[] bits = OtherService.inflate(claims.path("status_list").path("lst").stringValue());
			assertThat(bits).hasSize(8192).containsOnly(0);
			assertThat(reference.path("idx").intValue()).isBetween(0, 65_535);

			// To see it, a browser of another origin needs no leave (8.1), nor anybody a
			// token
			assertThat(service.client()
				.with("Origin", "https://app.example.com")
				.get(LIST)
				.header("Access-Control-Allow-Origin")).isEqualTo("*");
			service.client().get(LIST + "?time=1686925000").refused(501, "Only the current status list is kept");
			service.client().with("Accept", "*/*").get(LIST).is(200);
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "ES256", "EdDSA" })
	void anotherServiceRefusesATokenAfterItsLogout(SigningAlgorithm algorithm) throws Exception {
		ends("logout", (service, account) -> account.client().post("/auth/logout/", "").is(204),
				KeyTests.algorithm(algorithm));
	}

	@Test
	void theSameGoesForAllOtherWaysToEndASession() throws Exception {
		ends("ended by its user",
				(service, account) -> service.client()
					.as(login(service, account))
					.delete("/auth/sessions/" + Forge.claims(account.token()).path("sid").stringValue() + "/")
					.is(204));
		ends("ended with all others",
				(service, account) -> service.client().as(login(service, account)).delete("/auth/sessions/").is(204));
		ends("password changed elsewhere",
				(service, account) -> service.client()
					.as(login(service, account))
					.patch(account.path(), "{\"password\": \"another\"}")
					.is(200));
		ends("user deleted", (service, account) -> account.client().delete(account.path()).is(204));
		ends("too many", (service, account) -> {
			service.clock().move(Duration.ofSeconds(1));
			login(service, account);
			login(service, account);
		}, "accounts.session.per-user=2");
		ends("idle", (service, account) -> service.clock().move(Duration.ofMinutes(30)), "accounts.session.idle=30m",
				"accounts.token.lifetime=50m");
	}

	@Test
	void listsFollowEachOther() throws Exception {
		try (Service service = Service.start(KeyTests.algorithm(SigningAlgorithm.ES256), URL)) {
			Account first = service.account();
			service.client().get("/auth/status-lists/1/").refused(404, "Status list not found");
			service.bean(Database.class)
				.writes()
				.sql(Postgres.TESTED ? "alter table session alter column id restart with 131071"
						: "update sqlite_sequence set seq = 131070 where name = 'session'")
				.update();
			String last = login(service, first);
			String next = login(service, first);
			assertThat(place(last)).isEqualTo("65535 in " + OtherService.URL + "/auth/status-lists/1/");
			assertThat(place(next)).isEqualTo("0 in " + OtherService.URL + "/auth/status-lists/2/");
			service.client().as(last).post("/auth/logout/", "").is(204);
			OtherService other = new OtherService(service);
			assertThat(other.accepts(last)).isFalse();
			assertThat(other.accepts(next)).isTrue();
			assertThat(other.accepts(first.token())).isTrue();
			for (String number : List.of("3", "99999999999999", "-1", "01", "x", "1e1", "999999999999999999999")) {
				service.client().get("/auth/status-lists/" + number + "/").is(404);
			}
		}
	}

	@Test
	void afterARestoreNoTokenFromBeforeItIsAccepted() throws Exception {
		String[] settings = { KeyTests.algorithm(SigningAlgorithm.ES256), URL };
		Path folder = Service.folder();
		String backup = folder.resolve("backup.sqlite3").toString();
		Account account;
		String forgotten;
		try (Service service = Service.startIn(folder, settings)) {
			account = service.account();
			Outcome.of(new Backup(), backup, "--spring.datasource.url=" + Service.url(folder)).succeeded();
			forgotten = login(service, account);
		}
		Path restored = Service.folder();
		Outcome.of(new Restore(), backup, "--spring.datasource.url=" + Service.url(restored)).succeeded();
		try (Service service = Service.startIn(restored, settings)) {
			OtherService other = new OtherService(service);
			assertThat(other.accepts(account.token())).isFalse();
			assertThat(other.accepts(forgotten)).isFalse();
			assertThat(other.accepts(login(service, account))).isTrue();
		}
	}

	@Test
	void aListIsMadeOnceASecondHoweverManyAsk() {
		try (Service service = Service.start(KeyTests.algorithm(SigningAlgorithm.ES256), URL)) {
			// A signature of ES256 is never the same twice
			Set<String> bodies = ConcurrentHashMap.newKeySet();
			Instant start = Instant.now();
			IntStream.range(0, 50).parallel().forEach((i) -> bodies.add(service.client().get(LIST).is(200).body()));
			assertThat(bodies).hasSizeBetween(1, (int) Duration.between(start, Instant.now()).toSeconds() + 2);
			service.clock().move(Duration.ofSeconds(1));
			assertThat(service.client().get(LIST).is(200).body()).isNotIn(bodies);
		}
	}

	private static void ends(String how, BiConsumer<Service, Account> end, String... settings) throws Exception {
		List<String> all = new ArrayList<>(List.of(settings));
		all.add(URL);
		if (all.stream().noneMatch((setting) -> setting.startsWith("accounts.token.algorithm"))) {
			all.add(KeyTests.algorithm(SigningAlgorithm.EdDSA));
		}
		try (Service service = Service.start(all.toArray(String[]::new))) {
			Account account = service.account();
			OtherService other = new OtherService(service);
			assertThat(other.accepts(account.token())).as(how).isTrue();
			end.accept(service, account);
			service.clock().move(Duration.ofSeconds(30));
			assertThat(other.accepts(account.token())).as(how).isFalse();
			account.client().get("/users/me/").refused(401, "Authentication failed");
		}
	}

	private static String place(String token) {
		JsonNode place = Forge.claims(token).path("status").path("status_list");
		return place.path("idx").intValue() + " in " + place.path("uri").stringValue();
	}

	private static String login(Service service, Account account) {
		return Account.login(service.client(), account.email(), account.password()).is(200).text("token");
	}

}
