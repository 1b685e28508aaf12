package accounts.auth;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;

import accounts.Account;
import accounts.Answer;
import accounts.Client;
import accounts.Service;
import accounts.database.Database;
import accounts.web.Network;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * What is limited, for whom, and for whom not (ASVS 6.1.1, 6.3.1; NIST SP 800-63B-4,
 * 3.2.2).
 */
@ExtendWith(OutputCaptureExtension.class)
class ThrottleTests {

	/** The limits of accounts.throttle.* as they are shipped. */
	private static final String[] SHIPPED = { "accounts.throttle.logins=100", "accounts.throttle.sign-ups=100",
			"accounts.throttle.refreshes=100", "accounts.proxies=127.0.0.1" };

	private static Service service;

	@BeforeAll
	static void start() {
		service = Service.start(SHIPPED);
	}

	@AfterAll
	static void stop() {
		service.close();
	}

	// Delays

	@Test
	void afterFiveFreeTriesEachWrongPasswordWaitsTwiceAsLong() {
		String email = account("192.0.2.1").email();
		Client stranger = from("192.0.2.2");
		wrong(stranger, email, 5);
		for (long delay : new long[] { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900 }) {
			refused(stranger, email, "wrong", delay);
			service.clock().move(Duration.ofSeconds(delay - 2));
			if (delay > 2) {
				refused(stranger, email, "wrong", 2);
			}
			service.clock().move(Duration.ofSeconds(2));
			wrong(stranger, email, 1);
		}
	}

	@Test
	void theRightPasswordWaitsAsTheWrongOnesDo() {
		Account account = account("192.0.2.3");
		Client stranger = from("192.0.2.4");
		wrong(stranger, account.email(), 8);
		refused(stranger, account.email(), account.password(), 8);
		service.clock().move(Duration.ofSeconds(8));
		login(stranger, account).is(200);
	}

	@Test
	void aRightPasswordForgetsTheWrongOnesFromItsPlaceOnly() {
		Account account = account("192.0.2.5");
		wrong(from("192.0.2.6"), account.email(), 7);
		wrong(from("192.0.2.7"), account.email(), 4);
		login(from("192.0.2.7"), account).is(200);
		wrong(from("192.0.2.7"), account.email(), 10);
		wrong(from("192.0.2.6"), account.email(), 1);
		refused(from("192.0.2.6"), account.email(), "wrong", 8);
	}

	@Test
	void anEmailThatNobodyHasIsCountedAlike() {
		String email = Account.newEmail();
		Client stranger = from("192.0.2.8");
		for (int i = 0; i < 5; i++) {
			beginSecond();
			Account.login(stranger, email, "wrong").refused(401, "Incorrect email");
		}
		refused(stranger, email, "wrong", 1);
		refused(stranger, " " + email.toUpperCase(Locale.ROOT), "wrong", 1);
	}

	@Test
	void anEmailIsCountedAlikeHoweverItIsTyped() {
		String email = "josé." + Account.newEmail();
		Client stranger = from("192.0.2.9");
		for (String typed : new String[] { email, email.replace("é", "e\u0301"), email.toUpperCase(Locale.ROOT),
				"\u00a0" + email, email + "\u3000" }) {
			beginSecond();
			Account.login(stranger, typed, "wrong").refused(401, "Incorrect email");
		}
		refused(stranger, email, "wrong", 1);
		refused(stranger, email.replace("é", "e\u0301"), "wrong", 1);
	}

	// Strangers and places that are known

	@Test
	void strangersHaveFortyTriesBetweenThemAndThenOneIn12Hours() {
		Account account = account("192.0.2.10");
		for (int i = 0; i < 8; i++) {
			wrong(from("198.51.100." + i), account.email(), 5);
		}
		refused(from("198.51.100.8"), account.email(), account.password(), 43_200);
		service.clock().move(Duration.ofHours(12));
		wrong(from("198.51.100.9"), account.email(), 1);
		refused(from("198.51.100.10"), account.email(), account.password(), 43_200);

		login(from("192.0.2.10"), account).is(200);
		login(from("192.0.2.10"), account).is(200);
		refused(from("198.51.100.10"), account.email(), account.password(), 43_200);
	}

	@Test
	void aChangeOfPasswordForgetsAllKnownPlacesButTheAskingOne() {
		Account account = account("192.0.2.80");
		login(from("192.0.2.81"), account).is(200);
		account.client().patch(account.path(), "{\"password\": \"new\"}").is(200);
		wrong(from("192.0.2.81"), account.email(), 5);
		refused(from("192.0.2.81"), account.email(), "new", 1);
		wrong(from("192.0.2.80"), account.email(), 10);
		refused(from("192.0.2.80"), account.email(), "new", 1);
	}

	@Test
	void whereTheOwnerLoggedInLatelyTheOwnersMistakesAloneCount() {
		Account account = account("192.0.2.11");
		wrong(from("192.0.2.11"), account.email(), 9);
		login(from("192.0.2.11"), account).is(200);
		wrong(from("192.0.2.11"), account.email(), 10);
		refused(from("192.0.2.11"), account.email(), account.password(), 1);
	}

	@Test
	void aPlaceIsKnownFor30DaysAfterTheLastLogin() {
		Account account = account("192.0.2.12");
		service.clock().move(Duration.ofDays(20));
		login(from("192.0.2.12"), account).is(200);
		service.clock().move(Duration.ofDays(30));
		useUp(account);
		login(from("192.0.2.12"), account).is(200);
		service.clock().move(Duration.ofDays(32));
		useUp(account);
		refused(from("192.0.2.12"), account.email(), account.password(), 43_200);
	}

	@Test
	void aSessionGetsInFromWhereverItIs() {
		Account account = account("192.0.2.13");
		useUp(account);
		refused(from("192.0.2.14"), account.email(), account.password(), 43_200);
		login(from("192.0.2.14").as(account.token()), account).is(200);
		login(from("192.0.2.14"), account).is(200);
	}

	@Test
	void aTokenOfSomebodyElseOrOfAnEndedSessionChangesNothing() {
		Account account = account("192.0.2.15");
		Account other = account("192.0.2.16");
		useUp(account);
		refused(from("192.0.2.16").as(other.token()), account.email(), account.password(), 43_200);
		account.client().post("/auth/logout/", "").is(204);
		refused(from("192.0.2.16").as(account.token()), account.email(), account.password(), 43_200);
	}

	@Test
	void aSessionsMistakesAreItsOwn() {
		Account account = account("192.0.2.17");
		wrong(from("192.0.2.17").as(account.token()), account.email(), 10);
		refused(from("192.0.2.17").as(account.token()), account.email(), "wrong", 1);
		wrong(from("192.0.2.17"), account.email(), 10);
	}

	/** ASVS 6.2.3 would be worth little if a stolen token could try them all. */
	@Test
	void theCurrentPasswordIsNotToBeGuessedBySomebodyWithAStolenToken() {
		try (Service hardened = Service.start("spring.profiles.active=hardened")) {
			Account account = hardened.account();
			Client stolen = account.client();
			String guess = "{\"email\": \"thief@example.org\", \"current_password\": \"guess\"}";
			for (int i = 0; i < 10; i++) {
				stolen.patch(account.path(), guess).refused(401, "Incorrect password");
			}
			tooMany(stolen.patch(account.path(), guess), 1);
			hardened.clock().move(Duration.ofSeconds(2));
			stolen.patch(account.path(), guess).refused(401, "Incorrect password");
			tooMany(stolen.put(account.path(), guess), 2);
			Client owner = hardened.client()
				.as(Account.login(hardened.client(), account.email(), account.password()).text("token"));
			String change = "{\"email\": \"%s\", \"current_password\": \"%s\"}";
			for (int i = 0; i < 12; i++) {
				owner.patch(account.path(), change.formatted(Account.newEmail(), account.password())).is(200);
			}
		}
	}

	@Test
	void ipv6CountsByItsFirst64Bits() {
		Account account = account("2001:db8:1:2::1");
		useUp(account);
		login(from("2001:db8:1:2:ffff::9"), account).is(200);
		refused(from("2001:db8:1:3::1"), account.email(), account.password(), 43_200);
	}

	@ParameterizedTest
	@CsvSource({ "192.0.2.1, 192.0.2.1/32", "::ffff:192.0.2.1, 192.0.2.1/32", "0:0:0:0:0:0:0:1, 0:0:0:0:0:0:0:0/64",
			"fe80::1%eth0, fe80:0:0:0:0:0:0:0/64", "2001:db8:1:2:3:4:5:6, 2001:db8:1:2:0:0:0:0/64",
			"unknown, unknown" })
	void aPlaceIsAnAddressOrANetworkOf64Bits(String address, String place) {
		assertThat(Network.place(address)).isEqualTo(place);
	}

	// Addresses

	@Test
	void whoTriesManyAccountsFromOneAddressIsSlowedThere() {
		Account known = account("192.0.2.20");
		Account unknown = account("192.0.2.21");
		Client stuffer = from("192.0.2.20");
		for (int i = 0; i < 100; i++) {
			Account.login(stuffer, Account.newEmail(), "123456").refused(401, "Incorrect email");
		}
		refused(stuffer, Account.newEmail(), "123456", 36);
		refused(stuffer, unknown.email(), unknown.password(), 36);
		login(stuffer, known).is(200);
		refused(stuffer, Account.newEmail(), "123456", 36);
		login(from("192.0.2.21"), unknown).is(200);
		service.clock().move(Duration.ofSeconds(36));
		login(stuffer, unknown).is(200);
	}

	@Test
	void aRightPasswordBetweenTheGuessesDoesNotSpeedThemUp() {
		Account own = account("192.0.2.27");
		Client stuffer = from("192.0.2.28");
		wrong(stuffer, own.email(), 4);
		for (int i = 4; i < 99; i++) {
			Account.login(stuffer, Account.newEmail(), "123456").refused(401, "Incorrect email");
		}
		login(stuffer, own).is(200);
		Account.login(stuffer, Account.newEmail(), "123456").refused(401, "Incorrect email");
		refused(stuffer, Account.newEmail(), "123456", 36);
	}

	@Test
	void aFloodOfEmailsMakesNoMoreRowsThanTheAddressHasTries() {
		long before = rows();
		Client flood = from("192.0.2.22");
		for (int i = 0; i < 300; i++) {
			Account.login(flood, Account.newEmail(), "x");
		}
		assertThat(rows() - before).isEqualTo(201);
	}

	@Test
	void signUpsAreLimitedByAddress() {
		for (int i = 0; i < 100; i++) {
			signUp(from("192.0.2.23"), Account.newEmail()).is(201);
		}
		tooMany(signUp(from("192.0.2.23"), Account.newEmail()), 36);
		from("192.0.2.23").post("/users/", "{}").missing("first_name", "last_name", "email", "password");
		signUp(from("192.0.2.24"), Account.newEmail()).is(201);
		service.clock().move(Duration.ofSeconds(36));
		signUp(from("192.0.2.23"), Account.newEmail()).is(201);
	}

	@Test
	void failedRefreshesAreLimitedByAddressAndGoodOnesAreNot() {
		Client nobody = from("192.0.2.25");
		Tokens tokens = Tokens.login(nobody, account("192.0.2.25"));
		for (int i = 0; i < 100; i++) {
			Tokens.refresh(nobody, "guess" + i).refused(401, "Refresh token unknown");
		}
		tooMany(Tokens.refresh(nobody, "guess"), 36);
		tokens.refreshed().areAlive();
		Tokens.refresh(from("192.0.2.26"), "guess").refused(401, "Refresh token unknown");
	}

	// All at once

	@Test
	void guessesAtOnceOnTwoInstancesAreCountedBeforeTheyAreMade() throws Exception {
		Path folder = Service.folder();
		try (Service one = Service.startIn(folder, SHIPPED); Service two = Service.startIn(folder, SHIPPED)) {
			Account account = one.account();
			List<Client> instances = List.of(one.client(), two.client());

			long began = System.nanoTime();
			List<Answer> answers = atOnce(64, (i) -> () -> Account
				.login(instances.get(i % 2).with("X-Forwarded-For", "192.0.2.1"), account.email(), "wrong"));
			int delays = delaysIn(System.nanoTime() - began);
			assertThat(answers).extracting(Answer::status).isSubsetOf(401, 429, 503);
			// The first of each instance may not know of the other's
			assertThat(hashed(answers)).isBetween(5L, 6L + delays);

			answers = atOnce(64, (i) -> () -> Account
				.login(instances.get(i % 2).with("X-Forwarded-For", "198.51.100." + i), account.email(), "wrong"));
			assertThat(hashed(answers)).isLessThanOrEqualTo(35);
			answers.addAll(atOnce(64, (i) -> () -> Account
				.login(instances.get(i % 2).with("X-Forwarded-For", "198.51.101." + i), account.email(), "wrong")));
			assertThat(hashed(answers)).isLessThanOrEqualTo(35).isGreaterThan(25);
		}
	}

	@Test
	void theRightPasswordManyTimesAtOnceIsNoAttack() throws Exception {
		Account account = account("192.0.2.30");
		for (String address : List.of("192.0.2.30", "192.0.2.31")) {
			assertThat(atOnce(24, (i) -> () -> login(from(address), account))).extracting(Answer::status)
				.containsOnly(200);
		}
	}

	@Test
	void anHonestLoginWritesNothingMore() {
		Account account = account("192.0.2.32");
		Client home = from("192.0.2.32");
		login(home, account).is(200);
		long before = sessionsAndAttempts(account);
		login(home, account).is(200);
		login(home, account).is(200);
		assertThat(sessionsAndAttempts(account) - before).isEqualTo(2);
	}

	// Time

	@Test
	void aClockThatIsPutBackLocksNobodyOut() {
		Account account = account("192.0.2.40");
		Account other = account("192.0.2.40");
		service.clock().move(Duration.ofDays(365));
		wrong(from("192.0.2.41"), account.email(), 15);
		refused(from("192.0.2.41"), account.email(), "wrong", 900);
		useUp(other);
		service.clock().move(Duration.ofDays(-365));
		login(from("192.0.2.41"), account).is(200);
		login(from("192.0.2.41"), other).is(200);
	}

	@Test
	void whatCountsForNothingAnyMoreIsClearedAway() {
		try (Service own = Service.start(SHIPPED)) {
			Account account = Account.signUp(own.client());
			Client stranger = own.client().with("X-Forwarded-For", "192.0.2.50");
			wrong(stranger, account.email(), 5);
			assertThat(rows(own)).isEqualTo(4);
			own.clock().move(Duration.ofHours(25));
			own.bean(Throttle.class).clear();
			assertThat(rows(own)).isEqualTo(1);
			own.clock().move(Duration.ofHours(36));
			own.bean(Throttle.class).clear();
			assertThat(rows(own)).isZero();
			assertThat(places(own)).isEqualTo(1);
			own.clock().move(Duration.ofDays(30));
			own.bean(Throttle.class).clear();
			assertThat(places(own)).isZero();
		}
	}

	@Test
	void aUserHasNoMorePlacesThanFifty() {
		Account account = account("192.0.2.60");
		for (int i = 0; i < 60; i++) {
			login(from("203.0.113." + i), account).is(200);
		}
		assertThat(service.bean(Database.class)
			.reads()
			.sql("select count(*) from known_place where user_id = ?")
			.param(account.id())
			.query(Long.class)
			.single()).isEqualTo(50);
		account.client().delete(account.path()).is(204);
	}

	// Log and settings

	@Test
	void aRefusalIsLoggedWithWhoAndWhere(CapturedOutput output) {
		Account account = account("192.0.2.70");
		wrong(from("192.0.2.71"), account.email(), 5);
		Answer answer = Account.login(from("192.0.2.71"), account.email(), "wrong");
		assertThat(output).contains("Refused: Too many attempts request_id=" + answer.header("X-Request-Id")
				+ " address=192.0.2.71 user_id=" + account.id());
	}

	@Test
	void noEmailAndNoAddressCanBeReadInTheTables() {
		String email = account("192.0.2.72").email();
		wrong(from("192.0.2.73"), email, 1);
		assertThat(service.bean(Database.class)
			.reads()
			.sql("select hash from attempt union all select place from known_place")
			.query(String.class)
			.list()).allMatch((hash) -> hash.matches("[0-9a-f]{32}"));
	}

	@Test
	void itCanBeSwitchedOff() {
		try (Service own = Service.start("accounts.throttle.enabled=false", "accounts.throttle.free-tries=1",
				"accounts.throttle.sign-ups=1", "accounts.throttle.refreshes=1")) {
			Account account = own.account();
			own.account();
			wrong(own.client(), account.email(), 20);
			for (int i = 0; i < 3; i++) {
				Tokens.refresh(own.client(), "unknown").refused(401, "Refresh token unknown");
			}
			assertThat(rows(own)).isZero();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "free-tries=0", "free-tries=21", "longest-delay=0s", "longest-delay=25h", "strangers=9",
			"strangers=101", "logins=0", "sign-ups=0", "refreshes=1000001" })
	void aSettingThatCanNotBeIsRefused(String setting) {
		assertThatThrownBy(() -> Service.start("accounts.throttle." + setting))
			.hasStackTraceContaining("ACCOUNTS_THROTTLE_"
					+ setting.replaceFirst("=.*", "").replace('-', '_').toUpperCase(Locale.ROOT) + " must be from ");
	}

	private static Client from(String address) {
		return service.client().with("X-Forwarded-For", address);
	}

	/** Somebody who has signed up and logged in at an address. */
	private static Account account(String address) {
		return Account.signUp(from(address));
	}

	private static Answer login(Client client, Account account) {
		return Account.login(client, account.email(), account.password());
	}

	private static Answer signUp(Client client, String email) {
		return client.post("/users/", """
				{"first_name": "A", "last_name": "B", "email": "%s", "password": "1234"}""".formatted(email));
	}

	/** So many wrong passwords, each as soon as may be. */
	private static void wrong(Client client, String email, int times) {
		for (int i = 0; i < times; i++) {
			beginSecond();
			Answer answer = Account.login(client, email, "wrong");
			if (answer.status() == 429) {
				service.clock().move(Duration.ofSeconds(Long.parseLong(answer.header("Retry-After"))));
				answer = Account.login(client, email, "wrong");
			}
			answer.refused(401, "Incorrect password");
		}
	}

	/** The limits know whole seconds: a delay of one must not be over at once. */
	private static void beginSecond() {
		Instant now = service.clock().instant();
		service.clock().move(Duration.between(now, now.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1)));
	}

	private static void refused(Client client, String email, String password, long seconds) {
		tooMany(Account.login(client, email, password), seconds);
	}

	/** Time goes on in a test. */
	private static void tooMany(Answer answer, long seconds) {
		answer.refused(429, "Too many attempts");
		assertThat(Long.parseLong(answer.header("Retry-After"))).isBetween(Math.max(1, seconds / 2), seconds);
	}

	/** Makes all the tries that strangers have. */
	private static void useUp(Account account) {
		for (int i = 0; i < 8; i++) {
			wrong(from("10.0." + account.id() % 250 + "." + i), account.email(), 5);
		}
	}

	private static long rows() {
		return rows(service);
	}

	private static long rows(Service service) {
		return count(service, "select count(*) from attempt");
	}

	private static long places(Service service) {
		return count(service, "select count(*) from known_place");
	}

	private static long sessionsAndAttempts(Account account) {
		return count(service, "select (select count(*) from session where user_id = " + account.id()
				+ ") + (select count(*) from attempt)");
	}

	private static long count(Service service, String sql) {
		return service.bean(Database.class).reads().sql(sql).query(Long.class).single();
	}

	private static long hashed(List<Answer> answers) {
		return answers.stream().filter((answer) -> answer.status() == 401).count();
	}

	/** How many delays may have passed: the first is 1 s, and the clock shows seconds. */
	private static int delaysIn(long nanos) {
		return 64 - Long.numberOfLeadingZeros(nanos / 1_000_000_000 + 1);
	}

	private static List<Answer> atOnce(int number, IntFunction<Callable<Answer>> request) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(number);
		try {
			CountDownLatch start = new CountDownLatch(1);
			List<Future<Answer>> running = new ArrayList<>();
			for (int i = 0; i < number; i++) {
				Callable<Answer> each = request.apply(i);
				running.add(threads.submit(() -> {
					start.await();
					return each.call();
				}));
			}
			start.countDown();
			List<Answer> answers = new ArrayList<>();
			for (Future<Answer> each : running) {
				answers.add(each.get());
			}
			return answers;
		}
		finally {
			threads.shutdownNow();
		}
	}

}
