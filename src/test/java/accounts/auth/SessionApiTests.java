package accounts.auth;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

import accounts.Account;
import accounts.Answer;
import accounts.Client;
import accounts.RawHttp;
import accounts.Service;
import accounts.database.Database;
import accounts.user.Asker;
import accounts.user.Credentials;
import accounts.user.PasswordChanged;
import accounts.user.UserRepository;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

/** The contract's part "Sessions". */
class SessionApiTests {

	private final Service service = Service.shared();

	private final Client nobody = this.service.client();

	private final Account ann = this.service.account();

	@Test
	void loggingInOpensASession() {
		Answer answer = Account.login(this.nobody, this.ann.email(), this.ann.password()).is(200);
		assertThat(answer.json().propertyNames()).containsExactly("user_id", "token", "expires_in", "refresh_token",
				"session_id");
		assertThat(answer.json().path("expires_in").intValue()).isEqualTo(3600);
		assertThat(answer.json().path("session_id").isIntegralNumber()).isTrue();
		assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
		assertThat(claims(answer.text("token")).path("sid").stringValue())
			.isEqualTo(answer.json().path("session_id").asString());
	}

	@Test
	void aUserSeesItsOwnSessionsTheNewestFirst() {
		Account bob = this.service.account();
		Tokens second = Tokens.login(this.nobody.with("User-Agent", "Browser/1.0"), this.ann);
		Tokens third = Tokens.login(this.nobody, this.ann);

		Answer answer = second.client().get("/auth/sessions/").is(200);
		assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
		JsonNode list = answer.json();
		assertThat(list).hasSize(3);
		assertThat(ids(list)).startsWith(third.sessionId(), second.sessionId());
		assertThat(ids(bob.client().get("/auth/sessions/").json())).hasSize(1).doesNotContainAnyElementsOf(ids(list));
		assertThat(list.valueStream().map((session) -> session.path("current").booleanValue())).containsExactly(false,
				true, false);
		JsonNode session = list.path(1);
		assertThat(session.propertyNames()).containsExactly("id", "created_on", "last_used_on", "expires_on",
				"user_agent", "ip", "current");
		Instant createdOn = Instant.parse(session.path("created_on").stringValue());
		assertThat(createdOn).isCloseTo(Instant.now(), within(Duration.ofMinutes(1)));
		assertThat(session.path("last_used_on")).isEqualTo(session.path("created_on"));
		assertThat(session.path("expires_on").stringValue()).isEqualTo(createdOn.plus(Duration.ofDays(30)).toString());
		assertThat(session.path("user_agent").stringValue()).isEqualTo("Browser/1.0");
		assertThat(session.path("ip").stringValue()).isEqualTo("127.0.0.1");
	}

	@Test
	void aUserEndsOneOfItsSessions() {
		Tokens lost = Tokens.login(this.service, this.ann);
		lost.areAlive();
		this.ann.client().delete(lost.path()).is(204);
		lost.areEnded();
		this.ann.client().get("/users/me/").is(200);
		assertThat(ids(this.ann.client().get("/auth/sessions/").json())).doesNotContain(lost.sessionId());
	}

	@Test
	void aUserEndsTheSessionItAsksWith() {
		Tokens own = Tokens.login(this.service, this.ann);
		own.client().delete(own.path()).is(204);
		own.areEnded();
	}

	@Test
	void whatIsNoSessionOfTheUsersIsNotFound() {
		Tokens ended = Tokens.login(this.service, this.ann);
		ended.client().post("/auth/logout/", "").is(204);
		Tokens bobs = Tokens.login(this.service, this.service.account());
		for (String path : List.of(ended.path(), bobs.path(), "/auth/sessions/999999999/",
				"/auth/sessions/9223372036854775807/")) {
			this.ann.client().delete(path).refused(404, "Session not found");
		}
		bobs.areAlive();
		for (String id : List.of("0", "-1", "x", "1.0", "9223372036854775808", "1%20or%201=1")) {
			this.ann.client().delete("/auth/sessions/" + id + "/").is(404);
		}
	}

	@Test
	void aUserEndsAllOtherSessions() {
		Tokens bobs = Tokens.login(this.service, this.service.account());
		List<Tokens> others = List.of(Tokens.login(this.service, this.ann), Tokens.login(this.service, this.ann));
		this.ann.client().delete("/auth/sessions/").is(204);
		others.forEach(Tokens::areEnded);
		bobs.areAlive();
		assertThat(this.ann.client().get("/auth/sessions/").is(200).json()).singleElement()
			.satisfies((session) -> assertThat(session.path("current").booleanValue()).isTrue());
		this.ann.client().delete("/auth/sessions/").is(204);
	}

	@Test
	void loggingOutEndsThisSessionOnly() {
		Tokens session = Tokens.login(this.service, this.ann).refreshed();
		Tokens next = session.refreshed();
		next.client().post("/auth/logout/", "").is(204);
		// The token from before the refresh was one of this session as well
		session.areEnded();
		next.areEnded();
		this.ann.client().get("/users/me/").is(200);
		next.client().post("/auth/logout/", "").refused(401, "Authentication failed");
	}

	@Test
	void aDeletedUsersSessionsAreGone() {
		Tokens session = Tokens.login(this.service, this.ann);
		this.ann.client().delete(this.ann.path()).is(204);
		session.areEnded();
		session.client().get("/auth/sessions/").refused(401, "Authentication failed");
		session.client().delete(session.path()).refused(401, "Authentication failed");
		assertThat(this.service.bean(Database.class)
			.reads()
			.sql("select user_id, user_agent, ip from session where id = ?")
			.param(session.sessionId())
			.query()
			.singleRow()
			.values()).containsOnlyNulls();
	}

	@ParameterizedTest
	@ValueSource(strings = { "PUT", "PATCH" })
	void aChangeOfPasswordEndsAllOtherSessions(String method) {
		Tokens own = Tokens.login(this.service, this.ann);
		Tokens other = Tokens.login(this.service, this.ann);
		own.client().send(method, this.ann.path(), "{\"password\": \"new\"}").is(200);
		other.areEnded();
		own.areAlive();
		own.refreshed().areAlive();
		assertThat(ids(own.client().get("/auth/sessions/").json())).containsExactly(own.sessionId());
	}

	@Test
	void aChangeOfEmailOrNameEndsNoSession() {
		Tokens other = Tokens.login(this.service, this.ann);
		this.ann.client().patch(this.ann.path(), "{\"email\": \"%s\"}".formatted(Account.newEmail())).is(200);
		this.ann.client().patch(this.ann.path(), "{\"first_name\": \"Ginny\", \"last_name\": \"W\"}").is(200);
		this.ann.client().patch(this.ann.path(), "{\"password\": \"\", \"first_name\": \"Ginny\"}").missing("password");
		other.areAlive();
		other.refreshed().areAlive();
	}

	@Test
	void aLoginThatAChangeOfPasswordOvertookOpensNoSession() {
		Credentials proved = this.service.bean(UserRepository.class).credentials(this.ann.email()).orElseThrow();
		Sessions sessions = this.service.bean(Sessions.class);
		assertThat(sessions.open(proved, null, "127.0.0.1")).isPresent();
		this.ann.client().patch(this.ann.path(), "{\"password\": \"new\"}").is(200);
		assertThat(sessions.open(proved, null, "127.0.0.1")).isEmpty();
		this.ann.client().delete(this.ann.path()).is(204);
		assertThat(sessions.open(proved, null, "127.0.0.1")).isEmpty();
	}

	@Test
	void aSessionThatIsEndedMeanwhileChangesNoPassword() {
		Tokens ended = Tokens.login(this.service, this.ann);
		this.ann.client().delete(ended.path()).is(204);
		PasswordChanged late = new PasswordChanged(this.ann.id(), new Asker(ended.sessionId(), "127.0.0.1"));
		Sessions sessions = this.service.bean(Sessions.class);
		assertThatThrownBy(() -> sessions.passwordChanged(late)).isInstanceOf(AuthenticationFailed.class);
		this.ann.client().get("/users/me/").is(200);
	}

	@Test
	void whatAClientCallsItselfIsShownAsFarAsItIsFitToBe() throws Exception {
		this.ann.client().delete("/auth/sessions/").is(204);
		Tokens.login(this.nobody.with("User-Agent", "x".repeat(7_000)), this.ann);
		assertThat(userAgent()).isEqualTo("x".repeat(200));
		loginRaw("User-Agent: \u0085a\tb\u0080c\u009bd\u009f\r\n");
		assertThat(userAgent()).isEqualTo("a b c d");
		loginRaw("");
		assertThat(userAgent()).isNull();
		loginRaw("User-Agent: \r\n");
		assertThat(userAgent()).isNull();
		String refused = loginRaw("User-Agent: " + "x".repeat(10_000) + "\r\n");
		assertThat(refused).startsWith("HTTP/1.1 400").contains("{\"error\": \"");
	}

	private String userAgent() {
		JsonNode newest = this.ann.client().get("/auth/sessions/").is(200).json().path(0);
		return newest.path("user_agent").isNull() ? null : newest.path("user_agent").stringValue();
	}

	private String loginRaw(String header) throws Exception {
		String body = "{\"email\": \"%s\", \"password\": \"%s\"}".formatted(this.ann.email(), "1234");
		this.ann.client().patch(this.ann.path(), "{\"password\": \"1234\"}").is(200);
		return RawHttp.send(this.service.address(),
				"POST /auth/get-token/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
						+ "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n" + header
						+ "\r\n" + body);
	}

	@Test
	void aSessionEndsWhenItIsNotUsedForTheIdleLimit() {
		try (Service own = Service.start("accounts.token.lifetime=100d")) {
			Account user = own.account();
			Tokens used = Tokens.login(own, user);
			Tokens unused = Tokens.login(own, user);
			own.clock().move(Duration.ofDays(20));
			used.areAlive();
			own.bean(SessionUses.class).write();
			own.clock().move(Duration.ofDays(10).plusSeconds(1));
			used.areAlive();
			unused.client().get("/users/me/").refused(401, "Authentication failed");
			unused.refresh().refused(401, "Refresh token expired");
			assertThat(ids(used.client().get("/auth/sessions/").json())).containsExactly(used.sessionId());
			used.client().delete(unused.path()).refused(404, "Session not found");
		}
	}

	@Test
	void aSessionEndsAtTheAbsoluteLimitHoweverMuchItIsUsed() {
		try (Service own = Service.start("accounts.token.lifetime=365d")) {
			Tokens session = Tokens.login(own, own.account());
			Instant start = own.clock().instant();
			for (int day = 20; day <= 80; day += 20) {
				own.clock().move(Duration.ofDays(20));
				session = session.refreshed();
			}
			session.areAlive();
			Instant expiresOn = Instant.ofEpochSecond(claims(session.token()).path("exp").longValue());
			assertThat(expiresOn).isBeforeOrEqualTo(start.plus(Duration.ofDays(90)))
				.isAfter(start.plus(Duration.ofDays(90)).minusSeconds(60));
			assertThat(session.client().get("/auth/sessions/").json().path(0).path("expires_on").stringValue())
				.isEqualTo(expiresOn.toString());
			own.clock().move(Duration.ofDays(10));
			session.client().get("/users/me/").refused(401, "Authentication failed");
			session.refresh().refused(401, "Refresh token expired");
		}
	}

	@Test
	void anAccessTokenNeverOutlivesItsSession() {
		try (Service own = Service.start("accounts.session.absolute=30m", "accounts.session.idle=30m")) {
			Account user = own.account();
			Answer answer = Account.login(own.client(), user.email(), user.password()).is(200);
			assertThat(answer.json().path("expires_in").intValue()).isBetween(1795, 1800);
			own.clock().move(Duration.ofMinutes(20));
			answer = Tokens.of(own.client(), answer).refresh().is(200);
			assertThat(answer.json().path("expires_in").intValue()).isBetween(595, 600);
			JsonNode claims = claims(answer.text("token"));
			assertThat(claims.path("exp").longValue() - claims.path("iat").longValue()).isBetween(595L, 601L);
		}
	}

	@Test
	void theSessionIdleLongestMakesRoomForANewOne() {
		try (Service own = Service.start("accounts.session.per-user=3")) {
			Account user = own.account();
			Account other = own.account();
			List<Tokens> sessions = new ArrayList<>();
			user.client().post("/auth/logout/", "").is(204);
			for (int i = 0; i < 3; i++) {
				own.clock().move(Duration.ofMinutes(2));
				sessions.add(Tokens.login(own, user));
			}
			own.clock().move(Duration.ofMinutes(2));
			sessions.get(0).areAlive();
			own.bean(SessionUses.class).write();

			Tokens fourth = Tokens.login(own, user);
			sessions.get(1).areEnded();
			assertThat(ids(fourth.client().get("/auth/sessions/").json())).containsExactly(fourth.sessionId(),
					sessions.get(2).sessionId(), sessions.get(0).sessionId());
			other.client().get("/users/me/").is(200);

			// Another instance's clock may be ahead
			own.clock().move(Duration.ofMinutes(-1));
			Tokens fifth = Tokens.login(own, user);
			fifth.areAlive();
			sessions.get(2).areEnded();
		}
	}

	@Test
	@Tag("sqlite")
	void requestsWaitForNoWriteAndASessionIsWrittenOnceAMinute() throws SQLException {
		Path folder = Service.folder();
		try (Service own = Service.startIn(folder);
				Connection connection = DriverManager.getConnection(Service.url(folder));
				Statement statement = connection.createStatement()) {
			Tokens session = Tokens.login(own, own.account()).refreshed();
			SessionUses uses = own.bean(SessionUses.class);
			String before = lastUsedOn(session);
			own.clock().move(Duration.ofSeconds(65));

			statement.execute("begin immediate");
			for (int i = 0; i < 100; i++) {
				session.areAlive();
			}
			assertThat(lastUsedOn(session)).isEqualTo(before);
			statement.execute("rollback");

			session.areAlive();
			uses.write();
			String after = lastUsedOn(session);
			assertThat(Duration.between(Instant.parse(before), Instant.parse(after))).isBetween(Duration.ofSeconds(65),
					Duration.ofSeconds(70));

			int version = version(statement);
			own.clock().move(Duration.ofSeconds(45));
			for (int i = 0; i < 100; i++) {
				session.areAlive();
			}
			uses.write();
			assertThat(version(statement)).isEqualTo(version);
			assertThat(lastUsedOn(session)).isEqualTo(after);
		}
	}

	@Test
	void usesAreWrittenWhenTheServiceStops() {
		Path folder = Service.folder();
		Tokens session;
		String before;
		try (Service own = Service.startIn(folder)) {
			session = Tokens.login(own, own.account());
			before = lastUsedOn(session);
			own.clock().move(Duration.ofMinutes(5));
			session.areAlive();
		}
		try (Service own = Service.startIn(folder)) {
			assertThat(lastUsedOn(new Tokens(own.client(), session.sessionId(), session.token(), "")))
				.isGreaterThan(before);
		}
	}

	@Test
	void whatIsLongOverIsClearedAndNothingElse() {
		try (Service own = Service.start()) {
			long user = own.account().id();
			Database db = own.bean(Database.class);
			add(db, user, 1, null, "live");
			add(db, user, 29, null, "live, idle for long");
			add(db, user, 36, null, "expired lately");
			add(db, user, 38, null, "expired long ago");
			add(db, user, 20, 6, "ended lately");
			add(db, user, 20, 8, "ended long ago");
			SessionRepository sessions = own.bean(SessionRepository.class);

			assertThat(sessions.clear(3_400, 7 * 86_400, 500)).contains(3_900L);
			assertThat(count(db, "%")).isEqualTo(6_001 - 500);
			own.bean(Sessions.class).clear();
			own.bean(Sessions.class).clear();

			assertThat(count(db, "live%")).isEqualTo(2_000);
			assertThat(count(db, "%lately")).isEqualTo(2_000);
			assertThat(count(db, "%long ago")).isZero();
			assertThat(sessions.ofUser(user)).hasSize(2_001);
			assertThat(db.reads().sql("select count(*) from refreshed").query(Integer.class).single()).isEqualTo(4_000);
		}
	}

	private static byte[] random(int length) {
		byte[] bytes = new byte[length];
		ThreadLocalRandom.current().nextBytes(bytes);
		return bytes;
	}

	/** Adds a thousand sessions, each refreshed once, by days ago. */
	private static void add(Database db, long user, int lastUsed, Integer ended, String name) {
		long now = Instant.now().getEpochSecond();
		db.inTransaction(() -> {
			for (int i = 0; i < 1_000; i++) {
				long id = db.writes()
					.sql("""
							insert into session (user_id, created_on, last_used_on, ended_on, user_agent, refresh_hash)
							values (?, ?, ?, ?, ?, ?) returning id""")
					.param(user)
					.param(now - 40 * 86_400L)
					.param(now - lastUsed * 86_400L)
					.param((ended != null) ? now - ended * 86_400L : null)
					.param(name)
					.param(random(32))
					.query(Long.class)
					.single();
				db.writes()
					.sql("insert into refreshed (hash, session_id, refreshed_on, answer) values (?, ?, ?, ?)")
					.param(random(32))
					.param(id)
					.param(now)
					.param(random(100))
					.update();
			}
			return user;
		});
	}

	private static int count(Database db, String name) {
		return db.reads()
			.sql("select count(*) from session where user_agent like ?")
			.param(name)
			.query(Integer.class)
			.single();
	}

	@Test
	void answersThatNobodyGetsAgainAreCleared() {
		try (Service own = Service.start()) {
			Tokens session = Tokens.login(own, own.account());
			Tokens next = session.refreshed();
			Database db = own.bean(Database.class);
			own.bean(Renewals.class).clearAnswers();
			assertThat(session.refreshed()).isEqualTo(next);
			own.clock().move(Duration.ofMinutes(2));
			own.bean(Renewals.class).clearAnswers();
			assertThat(db.reads().sql("select count(*) from refreshed").query(Integer.class).single()).isZero();
			next.refreshed().areAlive();
		}
	}

	private static int version(Statement statement) throws SQLException {
		try (ResultSet row = statement.executeQuery("pragma data_version")) {
			return row.getInt(1);
		}
	}

	private static String lastUsedOn(Tokens session) {
		return session.client()
			.get("/auth/sessions/")
			.is(200)
			.json()
			.valueStream()
			.filter((item) -> item.path("id").longValue() == session.sessionId())
			.map((item) -> item.path("last_used_on").stringValue())
			.findFirst()
			.orElseThrow();
	}

	private static List<Long> ids(JsonNode sessions) {
		return sessions.valueStream().map((session) -> session.path("id").longValue()).toList();
	}

	private static JsonNode claims(String token) {
		return new JsonMapper()
			.readTree(Base64.getUrlDecoder().decode(token.substring(token.indexOf('.') + 1, token.lastIndexOf('.'))));
	}

}
