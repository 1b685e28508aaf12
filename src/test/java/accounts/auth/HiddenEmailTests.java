package accounts.auth;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

import accounts.Account;
import accounts.Answer;
import accounts.Client;
import accounts.Service;
import accounts.database.Database;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * With accounts.errors.hide-unknown-email nobody learns from the limits who has an
 * account, and strangers still lock no owner out.
 */
class HiddenEmailTests {

	/** What one address may fail in an hour. */
	private static final int LOGINS = 30;

	private static Service service;

	@BeforeAll
	static void start() {
		service = Service.start("accounts.errors.hide-unknown-email=true", "accounts.throttle.logins=" + LOGINS,
				"accounts.proxies=127.0.0.1");
	}

	@AfterAll
	static void stop() {
		service.close();
	}

	@DisplayName("ASVS 6.3.8: the limits are the same for a known and an unknown email, from wherever they are tried")
	@Test
	void theLimitsDoNotTellWhoHasAnAccount() {
		Account atHome = Account.signUp(from("192.0.2.1"));
		Account abroad = Account.signUp(from("192.0.2.2"));
		List<Reply> nobody = series("198.51.100.1", Account.newEmail());
		assertThat(nobody).extracting(Reply::status).startsWith(401, 401, 401, 401, 401).contains(429);
		sameAs(nobody, series("192.0.2.1", atHome.email()));
		sameAs(nobody, series("198.51.100.2", abroad.email()));
	}

	@DisplayName("ASVS 6.3.8: nor does it show that the owner has logged in meanwhile")
	@Test
	void aLoginOfTheOwnerShowsInNoLimit() {
		Account account = Account.signUp(from("192.0.2.3"));
		String nobody = Account.newEmail();
		List<Reply> known = new ArrayList<>();
		List<Reply> unknown = new ArrayList<>();
		for (int i = 0; i < 8; i++) {
			known.add(attempt(from("192.0.2.3"), account.email()));
			login(from("192.0.2.3"), account).is(200);
			unknown.add(attempt(from("198.51.100.3"), nobody));
		}
		sameAs(unknown, known);
	}

	@Test
	void whatStrangersUseUpLocksNoOwnerOutAtHome() {
		Account account = Account.signUp(from("192.0.2.4"));
		useUp(account);
		for (int i = 0; i < 3; i++) {
			refused(from("192.0.2.5"), account.email(), account.password());
			refused(from("192.0.2.4"), account.email(), "wrong");
			login(from("192.0.2.4"), account).is(200);
		}
		login(from("192.0.2.5").as(account.token()), account).is(200);
	}

	@Test
	void whatOthersUseUpAtTheSameAddressLocksNoOwnerOutThere() {
		Account atHome = Account.signUp(from("192.0.2.6"));
		Account abroad = Account.signUp(from("192.0.2.7"));
		for (int i = 0; i < LOGINS; i++) {
			Account.login(from("192.0.2.6"), Account.newEmail(), "wrong").refused(401, "Incorrect email or password");
		}
		long rows = rows();
		for (int i = 0; i < 10; i++) {
			refused(from("192.0.2.6"), Account.newEmail(), "wrong");
		}
		refused(from("192.0.2.6"), abroad.email(), abroad.password());
		refused(from("192.0.2.6"), atHome.email(), "wrong");
		login(from("192.0.2.6"), atHome).is(200);
		assertThat(rows() - rows).as("rows that a flood makes").isEqualTo(1);
	}

	@Test
	void whoIsAtTheOwnersAddressGuessesNoFasterThanBefore() {
		Account account = Account.signUp(from("192.0.2.8"));
		useUp(account);
		for (int i = 0; i < 10; i++) {
			refused(from("192.0.2.8"), account.email(), "wrong");
		}
		for (int delay = 1; delay <= 4; delay *= 2) {
			service.clock().move(Duration.ofSeconds(delay));
			refused(from("192.0.2.8"), account.email(), "wrong");
		}
		refused(from("192.0.2.8"), account.email(), account.password());
		service.clock().move(Duration.ofSeconds(8));
		login(from("192.0.2.8"), account).is(200);
		login(from("192.0.2.8"), account).is(200);
	}

	/**
	 * Wrong passwords for one email, with the waits for more of them; then for others,
	 * until the address has used up its limit; then for the first again.
	 */
	private static List<Reply> series(String address, String email) {
		Client client = from(address);
		List<Reply> replies = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			Reply reply = attempt(client, email);
			replies.add(reply);
			if (reply.status == 429 && i % 2 == 0) {
				service.clock().move(Duration.ofSeconds(reply.retryAfter));
			}
		}
		Reply other;
		do {
			other = attempt(client, Account.newEmail());
			replies.add(other);
		}
		while (other.status == 401);
		for (int i = 0; i < 3; i++) {
			replies.add(attempt(client, email));
		}
		return replies;
	}

	private static Reply attempt(Client client, String email) {
		beginSecond();
		Answer answer = Account.login(client, email, "wrong");
		String wait = answer.header("Retry-After");
		return new Reply(answer.status(), answer.body(), (wait != null) ? Long.parseLong(wait) : 0);
	}

	private static void sameAs(List<Reply> expected, List<Reply> replies) {
		assertThat(replies).extracting(Reply::status).isEqualTo(expected.stream().map(Reply::status).toList());
		assertThat(replies).extracting(Reply::body).isEqualTo(expected.stream().map(Reply::body).toList());
		for (int i = 0; i < replies.size(); i++) {
			// A slow request sees the next second
			assertThat(replies.get(i).retryAfter).isBetween(expected.get(i).retryAfter - 2,
					expected.get(i).retryAfter + 2);
		}
	}

	/** Makes all the tries that strangers have. */
	private static void useUp(Account account) {
		for (int i = 0; i < 40; i++) {
			Account.login(from("10.0." + account.id() % 250 + "." + i / 5), account.email(), "wrong")
				.refused(401, "Incorrect email or password");
		}
	}

	private static void refused(Client client, String email, String password) {
		Account.login(client, email, password).refused(429, "Too many attempts");
	}

	private static Answer login(Client client, Account account) {
		return Account.login(client, account.email(), account.password());
	}

	private static Client from(String address) {
		return service.client().with("X-Forwarded-For", address);
	}

	/** The limits know whole seconds. */
	private static void beginSecond() {
		Instant now = service.clock().instant();
		service.clock().move(Duration.between(now, now.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1)));
	}

	private static long rows() {
		return service.bean(Database.class).reads().sql("select count(*) from attempt").query(Long.class).single();
	}

	private record Reply(int status, String body, long retryAfter) {

	}

}
