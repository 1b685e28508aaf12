package accounts.auth;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

import accounts.Account;
import accounts.Answer;
import accounts.Postgres;
import accounts.Service;
import accounts.database.Database;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A client whose answer to a refresh was lost tries again and stays logged in, however
 * long that took, and a stolen refresh token is found out all the same.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class LostAnswerTests {

	private final Path folder = Service.folder();

	private Service service;

	@BeforeAll
	void start() {
		this.service = Service.startIn(this.folder);
	}

	@AfterAll
	void stop() {
		this.service.close();
	}

	@Test
	void anHonestRetryAfterAnOutageOfAnyLengthSucceeds() {
		Path folder = Service.folder();
		try (Service own = Service.startIn(folder, "spring.datasource.hikari.connection-timeout=250")) {
			Account user = own.account();
			for (Duration length : List.of(Duration.ofSeconds(30), Duration.ofHours(2), Duration.ofDays(20))) {
				Tokens session = Tokens.of(own.client(),
						retried(() -> Account.login(own.client(), user.email(), user.password())));
				Tokens lost = Tokens.of(own.client(), retried(session::refresh));
				own.clock().move(length);
				own.bean(Renewals.class).clearAnswers();
				away(own, folder, true);
				session.refresh().refused(503, "Busy");
				away(own, folder, false);
				Tokens next = Tokens.of(own.client(), retried(session::refresh));
				assertThat(next.refreshToken()).as(length.toString()).isEqualTo(lost.refreshToken());
				retried(() -> next.client().get("/users/me/")).is(200);
				retried(next::refresh).is(200);
			}
		}
	}

	@Test
	void anHonestRetryAfterAnotherStartOfTheServiceSucceeds() {
		Tokens session = login();
		Tokens lost = session.refreshed();
		later(Duration.ofMinutes(5));
		try (Service again = Service.startIn(this.folder)) {
			again.clock().move(Duration.ofHours(2));
			Tokens next = Tokens.of(again.client(), Tokens.refresh(again.client(), session.refreshToken()));
			assertThat(next.refreshToken()).isEqualTo(lost.refreshToken());
			next.areAlive();
		}
	}

	@Test
	void anAnswerThatIsLostAgainIsGivenAgain() {
		Tokens session = login();
		Tokens lost = session.refreshed();
		for (int i = 0; i < 3; i++) {
			later(Duration.ofHours(2));
			assertThat(session.refreshed().refreshToken()).isEqualTo(lost.refreshToken());
		}
		session.refreshed().areAlive();
	}

	@Test
	void twoTabsThatTryAgainAfterAnOutageGetTheSameAnswer() {
		Tokens session = login();
		session.refresh().is(200);
		later(Duration.ofHours(2));
		Answer first = session.refresh().is(200);
		Tokens.of(session.nobody(), first).areAlive();
		later(Duration.ofSeconds(5));
		assertThat(session.refresh().is(200).body()).isEqualTo(first.body());
		later(Duration.ofSeconds(7));
		session.refresh().refused(401, "Refresh token already used");
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void aTokenThatComesAgainAfterItsSuccessorsAccessTokenWasUsedEndsTheSession(boolean written) {
		Tokens session = login();
		Tokens next = session.refreshed();
		next.areAlive();
		if (written) {
			this.service.bean(SessionUses.class).write();
			assertThat(successors(session)).isZero();
		}
		later(Duration.ofSeconds(12));
		session.refresh().refused(401, "Refresh token already used");
		next.areEnded();
	}

	@Test
	void aTokenThatComesAgainAfterItsSuccessorWasUsedEndsTheSession() {
		Tokens session = login();
		Tokens next = session.refreshed();
		next.refresh().is(200);
		later(Duration.ofSeconds(12));
		session.refresh().refused(401, "Refresh token already used");
		next.areEnded();
	}

	@ParameterizedTest
	@ValueSource(strings = { "owner", "thief" })
	void aThiefAndTheOwnerWhoRefreshInTurnsAreFoundOutAtTheSecondTurn(String first) {
		Tokens stolen = login();
		Tokens one = stolen.refreshed();
		one.areAlive();
		later(Duration.ofMinutes(3));
		if (first.equals("owner")) {
			one = one.refreshed();
			one.areAlive();
			later(Duration.ofMinutes(3));
		}
		stolen.refresh().refused(401, "Refresh token already used");
		one.areEnded();
	}

	@Test
	void aThiefWhoGetsTheLostAnswerIsFoundOutWhenBothHaveUsedIt() {
		Tokens stolen = login();
		stolen.refresh().is(200);
		later(Duration.ofMinutes(3));
		Tokens thief = stolen.refreshed();
		later(Duration.ofMinutes(3));
		Tokens owner = stolen.refreshed();
		assertThat(owner.refreshToken()).isEqualTo(thief.refreshToken());
		owner.areAlive();

		later(Duration.ofMinutes(3));
		Tokens thiefs = thief.refreshed();
		thiefs.areAlive();
		later(Duration.ofMinutes(3));
		owner.refresh().refused(401, "Refresh token already used");
		thiefs.areEnded();
	}

	@Test
	void anAccessTokenFromBeforeTheRefreshSaysNothingOfItsAnswer() {
		Tokens session = login().refreshed();
		Tokens lost = session.refreshed();
		session.areAlive();
		this.service.bean(SessionUses.class).write();
		later(Duration.ofMinutes(5));
		session.areAlive();
		assertThat(session.refreshed().refreshToken()).isEqualTo(lost.refreshToken());
	}

	@Test
	void anAccessTokenFromBeforeTheUpgradeSaysNothingOfAnyAnswer() {
		Tokens session = login();
		ObjectNode claims = Forge.claims(session.token());
		assertThat(claims.remove("rid").asString()).isNotBlank();
		String old = Forge.token(Forge.header(session.token()).toString(), claims.toString(),
				this.service.bean(KeyRing.class).signing());
		Tokens lost = session.refreshed();
		this.service.client().as(old).get("/users/me/").is(200);
		later(Duration.ofMinutes(5));
		this.service.client().as(old).get("/users/me/").is(200);
		assertThat(session.refreshed().refreshToken()).isEqualTo(lost.refreshToken());
	}

	/** It leaves the successor of another token, and answers as it always has. */
	@Test
	void anOlderInstanceBesideRefreshesAsBefore() {
		Tokens session = login();
		Tokens next = session.refreshed();
		RefreshToken byOlder = RefreshToken.create(session.sessionId(), this.service.clock().instant().getEpochSecond(),
				this.service.bean(KeyRing.class).sealing());
		this.service.bean(Database.class)
			.writes()
			.sql("update session set refresh_hash = ? where id = ?")
			.param(byOlder.hash())
			.param(session.sessionId())
			.update();
		Tokens newest = Tokens.of(next.nobody(), Tokens.refresh(next.nobody(), byOlder.text()));
		newest.areAlive();
		later(Duration.ofSeconds(30));
		next.refresh().refused(401, "Refresh token already used");
		newest.areEnded();
	}

	@Test
	void aUseThatAnotherInstanceHasNotWrittenYetIsKnownWhenItHas() {
		Tokens session = login();
		session.refreshed().areAlive();
		later(Duration.ofSeconds(12));
		try (Service other = Service.startIn(this.folder, "accounts.session.refresh-grace=0s")) {
			other.clock().move(Duration.between(other.clock().instant(), this.service.clock().instant()));
			Tokens.refresh(other.client(), session.refreshToken()).is(200);
			this.service.bean(SessionUses.class).write();
			other.clock().move(Duration.ofSeconds(2));
			Tokens.refresh(other.client(), session.refreshToken()).refused(401, "Refresh token already used");
		}
	}

	@Test
	void whateverEndsASessionEndsItAlsoForALostAnswer() {
		List<Consumer<Account>> ends = List.of((user) -> user.client().delete("/auth/sessions/").is(204),
				(user) -> user.client().patch(user.path(), "{\"password\": \"new\"}").is(200),
				(user) -> user.client().delete(user.path()).is(204));
		for (Consumer<Account> end : ends) {
			Account user = this.service.account();
			Tokens session = Tokens.login(this.service, user);
			session.refresh().is(200);
			end.accept(user);
			later(Duration.ofSeconds(30));
			session.refresh().refused(401, "Session ended");
			assertThat(successors(session)).isZero();
		}
		Tokens expired = login();
		expired.refresh().is(200);
		later(Duration.ofDays(31));
		expired.refresh().refused(401, "Refresh token expired");
	}

	@Test
	void theSameAnswerHasAnAccessTokenThatHolds() {
		try (Service own = Service.start("accounts.token.lifetime=1m", "accounts.session.refresh-grace=5m")) {
			Tokens session = Tokens.login(own, own.account());
			Tokens next = session.refreshed();
			next.refreshed().areAlive();
			own.clock().move(Duration.ofMinutes(4));
			Tokens again = session.refreshed();
			assertThat(again.refreshToken()).isEqualTo(next.refreshToken());
			again.areAlive();
		}
	}

	private Tokens login() {
		return Tokens.login(this.service, this.service.account());
	}

	private void later(Duration duration) {
		this.service.clock().move(duration);
	}

	private int successors(Tokens session) {
		return this.service.bean(Database.class)
			.reads()
			.sql("select count(successor) from session where id = ?")
			.param(session.sessionId())
			.query(Integer.class)
			.single();
	}

	/** As a client does that is told to come again. */
	private static Answer retried(Supplier<Answer> request) {
		Answer answer = request.get();
		while (answer.status() == 503) {
			assertThat(answer.header("Retry-After")).isNotNull();
			answer = request.get();
		}
		return answer;
	}

	/** Takes the database away: PostgreSQL takes no connections, SQLite no writes. */
	private static void away(Service service, Path folder, boolean away) {
		if (!Postgres.TESTED) {
			service.bean(Database.class).writes().sql("pragma query_only = " + away).update();
			return;
		}
		String url = Service.url(folder);
		String name = url.replaceAll(".*/|\\?.*", "");
		JdbcClient server = JdbcClient.create(new DriverManagerDataSource(url.replace("/" + name + "?", "/postgres?")));
		server.sql("alter database " + name + " with allow_connections " + !away).update();
		server.sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = ?")
			.param(name)
			.query()
			.listOfRows();
	}

}
