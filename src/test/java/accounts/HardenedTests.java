package accounts;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import accounts.database.Database;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The contract's part "Protection": the profile {@code hardened}, and each of its
 * settings alone.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HardenedTests {

	private static final String NEW = "an entirely new phrase";

	private Service service;

	private Client nobody;

	private Account ann;

	@BeforeAll
	void start() {
		this.service = Service.start("spring.profiles.active=hardened");
		this.nobody = this.service.client();
		this.ann = this.service.account();
	}

	@AfterAll
	void stop() {
		this.service.close();
	}

	// Logins

	@DisplayName("ASVS 6.3.8: an unknown email and a wrong password get the same answer")
	@Test
	void aFailedLoginDoesNotSayWhy() {
		Answer wrongPassword = Account.login(this.nobody, this.ann.email(), "1234")
			.refused(401, "Incorrect email or password");
		Answer unknownEmail = Account.login(this.nobody, "nobody@example.org", "1234")
			.refused(401, "Incorrect email or password");
		assertThat(unknownEmail.body()).isEqualTo(wrongPassword.body());
		for (String header : List.of("Content-Type", "Content-Length", "Cache-Control", "WWW-Authenticate", "Vary")) {
			assertThat(unknownEmail.headers(header)).as(header).isEqualTo(wrongPassword.headers(header));
		}
		Account.login(this.nobody, this.ann.email(), this.ann.password()).is(200);
	}

	@Test
	void aFailedLoginReplacesNoHashAndOpensNoSession() {
		try (Service own = Service.start("accounts.errors.hide-unknown-email=true")) {
			Account bob = own.account();
			// Of another cost, so that a login that succeeds replaces it
			String hash = "{argon2}$argon2id$v=19$m=72,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$7Hi1SuzoowP9k7DQ+xCgvtnObtMmixUM+nF3TP/BApA";
			setHash(own, bob, hash);
			Account.login(own.client(), bob.email(), "wrong").refused(401, "Incorrect email or password");
			Account.login(own.client(), "nobody@example.org", "wrong").refused(401, "Incorrect email or password");
			assertThat(hash(own, bob)).isEqualTo(hash);
			assertThat(bob.client().get("/auth/sessions/").is(200).json()).hasSize(1);
		}
	}

	// Others

	@Test
	void whatIsSomebodyElsesIsForbidden() {
		Account bob = this.service.account();
		for (String path : List.of(bob.path(), "/users/9223372036854775807/")) {
			for (String method : List.of("PUT", "PATCH", "DELETE")) {
				Answer answer = this.ann.client().send(method, path, "{}").refused(403, "Permission denied");
				assertThat(answer.header("WWW-Authenticate")).isNull();
			}
		}
		this.nobody.delete(bob.path()).refused(401, "Authentication failed");
		bob.client().get("/users/me/").is(200);
	}

	// Passwords

	@DisplayName("NIST 800-63B-4 3.1.1.2, ASVS 6.2.1, 6.2.4, 6.2.11: what a new password must be, said by rule")
	@Test
	void aPasswordThatIsEasyToGuessIsRefusedWithTheRule() {
		signUpRefused("fourteen chars", "must be text of 15 to 256 characters");
		signUpRefused("QWERTYUIOP123456789", "must not be a common password, nor one repeated");
		signUpRefused("passwordpassword", "must not be a common password, nor one repeated");
		signUpRefused("Minerva McGonagall!",
				"must not be mainly the user's name, the user's email or the service's name");
		signUpRefused("minerva@hogwarts.example",
				"must not be mainly the user's name, the user's email or the service's name");
		signUpRefused("accounts-accounts-1",
				"must not be mainly the user's name, the user's email or the service's name");
	}

	@DisplayName("NIST 800-63B-4 3.1.1.2, ASVS 6.2.5, 6.2.8-6.2.10: any characters, none changed, 64 and more of them")
	@ParameterizedTest
	@ValueSource(strings = { "  fifteen spaced ", "🦉🐈🦆🐕🦔🐖🦇🐿🦦🦡🦨🦫🐁🐀🐇", "только буквы здесь",
			"ein Satz, der sehr viel länger ist als vierundsechzig Zeichen und trotzdem ganz und gar zählt" })
	void anyLongPasswordIsFine(String password) {
		String email = Account.newEmail();
		signUp(email, password).is(201);
		Account.login(this.nobody, email, password).is(200);
		Account.login(this.nobody, email, password.strip() + ".").refused(401, "Incorrect email or password");
	}

	@Test
	void aNewPasswordIsHeldAgainstTheNamesAndTheEmailOfTheSameRequest() {
		Account bob = this.service.account();
		String change = """
				{"first_name": "Bartholomew", "last_name": "%s", "email": "%s", "password": "%s", "current_password": "%s"}""";
		bob.client()
			.patch(bob.path(), change.formatted("Fitzgerald", bob.email(), "bartholomew fitzgerald", bob.password()))
			.wrong("password");
		bob.client()
			.patch(bob.path(),
					change.formatted("Fitz", "cornelius.oswald@example.org", "CorneliusOswald", bob.password()))
			.wrong("password");
		bob.client()
			.patch(bob.path(), "{\"password\": \"luna lovegood luna\", \"current_password\": \"x\"}")
			.wrong("password");
		assertThat(bob.client().get("/users/me/").text("first_name")).isEqualTo("Luna");
		bob.client()
			.patch(bob.path(), change.formatted("Fitzgerald", bob.email(), "luna lovegood luna", bob.password()))
			.is(200);
	}

	// The current password

	@DisplayName("ASVS 6.2.3, 7.5.1: a new password or email needs the current password")
	@ParameterizedTest
	@ValueSource(strings = { "\"password\": \"an entirely new phrase\"", "\"email\": \"other@example.org\"",
			"\"email\": \"other@example.org\", \"password\": \"an entirely new phrase\"" })
	void withoutTheCurrentPasswordNothingChanges(String change) {
		Account bob = this.service.account();
		String before = bob.client().get("/users/me/").body();
		for (String method : List.of("PUT", "PATCH")) {
			String start = "{\"first_name\": \"Changed\", " + change;
			Answer missing = bob.client().send(method, bob.path(), start + "}").missing("current_password");
			assertThat(missing.json().path("fields").path("current_password").asString()).isEqualTo("is required");
			bob.client().send(method, bob.path(), start + ", \"current_password\": 1}").wrong("current_password");
			bob.client().send(method, bob.path(), start + ", \"current_password\": \"\"}").missing("current_password");
			for (String wrong : List.of("1234", bob.password() + " ", NEW)) {
				bob.client()
					.send(method, bob.path(), start + ", \"current_password\": \"" + wrong + "\"}")
					.refused(401, "Incorrect password");
			}
		}
		assertThat(bob.client().get("/users/me/").body()).isEqualTo(before);
		Account.login(this.nobody, bob.email(), bob.password()).is(200);
		Account.login(this.nobody, bob.email(), NEW).refused(401, "Incorrect email or password");
	}

	@Test
	void withTheCurrentPasswordBothChange() {
		Account bob = this.service.account();
		String email = Account.newEmail();
		bob.client().patch(bob.path(), change(bob.password(), "email", email)).is(200);
		bob.client().patch(bob.path(), change(bob.password(), "password", NEW)).is(200);
		Account.login(this.nobody, email, bob.password()).refused(401, "Incorrect email or password");
		Account.login(this.nobody, email, NEW).is(200);
	}

	@Test
	void whatIsNoNewPasswordOrEmailNeedsNone() {
		Account bob = this.service.account();
		String same = "{\"last_name\": \"Changed\", \"email\": \" %s \", \"current_password\": \"wrong\"}"
			.formatted(bob.email().toUpperCase(Locale.ROOT));
		assertThat(bob.client().put(bob.path(), same).is(200).text("last_name")).isEqualTo("Changed");
		assertThat(bob.client().put(bob.path(), "{\"first_name\": \"New\"}").is(200).text("first_name"))
			.isEqualTo("New");
	}

	@Test
	void allWrongFieldsAreNamedAtOnce() {
		this.ann.client()
			.patch(this.ann.path(), "{\"first_name\": \"\", \"password\": \"short\"}")
			.wrong("first_name", "password");
		this.ann.client()
			.patch(this.ann.path(), "{\"first_name\": \"\", \"password\": \"an entirely new phrase\"}")
			.missing("first_name", "current_password");
	}

	@Test
	void anEmailThatAnotherHasIsToldOnlyToWhoKnowsThePassword() {
		Account bob = this.service.account();
		bob.client().patch(bob.path(), change("wrong", "email", this.ann.email())).refused(401, "Incorrect password");
		bob.client()
			.patch(bob.path(), change(bob.password(), "email", this.ann.email()))
			.refused(409, "This email is already registered");
	}

	@Test
	void aPasswordThatIsReplacedMeanwhileChangesNothingMore() throws Exception {
		for (int round = 0; round < 10; round++) {
			Account bob = this.service.account();
			int rivals = 8;
			CountDownLatch start = new CountDownLatch(1);
			ExecutorService threads = Executors.newFixedThreadPool(rivals);
			List<Future<Answer>> answers = new ArrayList<>();
			for (int i = 0; i < rivals; i++) {
				String body = change(bob.password(), "password", "phrase of rival number " + i);
				answers.add(threads.submit(() -> {
					start.await();
					return bob.client().patch(bob.path(), body);
				}));
			}
			start.countDown();
			List<Integer> winners = new ArrayList<>();
			for (int i = 0; i < rivals; i++) {
				Answer answer = answers.get(i).get();
				if (answer.status() == 200) {
					winners.add(i);
				}
				else {
					// The winner may have ended the session already
					assertThat(answer.refused(401).text("error")).isIn("Incorrect password", "Authentication failed");
				}
			}
			threads.shutdown();
			assertThat(winners).hasSize(1);
			Account.login(this.nobody, bob.email(), "phrase of rival number " + winners.get(0)).is(200);
		}
	}

	@Test
	void aBetterHashOfTheSamePasswordIsNoReasonToRefuse() throws Exception {
		Path folder = Service.folder();
		Account bob;
		try (Service yesterday = Service.startIn(folder)) {
			bob = yesterday.account();
		}
		try (Service today = Service.startIn(folder, "spring.profiles.active=hardened",
				"accounts.password.argon2.memory=4096", "accounts.session.end-on-change=false")) {
			String hash = hash(today, bob);
			Client client = today.client().as(bob.token());
			ExecutorService threads = Executors.newFixedThreadPool(2);
			for (int round = 0; round < 10; round++) {
				setHash(today, bob, hash);
				Future<Answer> login = threads.submit(() -> Account.login(today.client(), bob.email(), bob.password()));
				Future<Answer> change = threads
					.submit(() -> client.patch(bob.path(), change(bob.password(), "password", NEW)));
				login.get();
				change.get().is(200);
				Account.login(today.client(), bob.email(), NEW).is(200);
			}
			threads.shutdown();
		}
	}

	// Sessions

	@DisplayName("ASVS 7.4.3: a new password ends every session, so that a stolen copy of the asking one's token dies")
	@Test
	void aChangeOfPasswordEndsTheAskingSessionToo() {
		Account bob = this.service.account();
		Client other = otherSession(bob);
		bob.client().patch(bob.path(), change(bob.password(), "password", NEW)).is(200);
		bob.client().get("/users/me/").refused(401, "Authentication failed");
		other.get("/users/me/").refused(401, "Authentication failed");
		Account.login(this.nobody, bob.email(), NEW).is(200);
	}

	@Test
	void aChangeOfEmailEndsAllOtherSessions() {
		Account bob = this.service.account();
		Client other = otherSession(bob);
		bob.client().patch(bob.path(), "{\"email\": \"" + bob.email() + "\", \"last_name\": \"L\"}").is(200);
		other.get("/users/me/").is(200);
		bob.client().patch(bob.path(), change(bob.password(), "email", Account.newEmail())).is(200);
		other.get("/users/me/").refused(401, "Authentication failed");
		bob.client().get("/users/me/").is(200);
	}

	private Client otherSession(Account account) {
		return this.nobody.as(Account.login(this.nobody, account.email(), account.password()).is(200).text("token"));
	}

	// Each setting alone

	@Test
	void eachSettingWorksAlone() {
		alone("accounts.errors.hide-unknown-email=true", "Incorrect email or password", 401, true, 200);
		alone("accounts.errors.permission-denied=403", null, 403, true, 200);
		alone("accounts.password.min-length=15", null, 401, false, 400);
		alone("accounts.password.refuse-common=true", null, 401, false, 400);
		alone("accounts.password.refuse-own=true", null, 401, true, 200);
		alone("accounts.password.ask-current=true", null, 401, true, 400);
	}

	@Test
	void whatIsUsualIsStillSoWithoutTheProfile() {
		Service usual = Service.shared();
		Account bob = usual.account();
		Account.login(usual.client(), "nobody@example.org", "x").refused(401, "Incorrect email");
		Account.login(usual.client(), bob.email(), "x").refused(401, "Incorrect password");
		bob.client().delete("/users/9223372036854775807/").refused(401, "Permission denied");
		bob.client().patch(bob.path(), "{\"password\": \"1234\", \"current_password\": 1}").is(200);
		bob.client().patch(bob.path(), "{\"password\": \"" + bob.email() + "\"}").is(200);
	}

	private static void alone(String setting, String loginRefusal, int permissionDenied, boolean simplePassword,
			int change) {
		try (Service alone = Service.start(setting)) {
			Account bob = alone.account();
			Account.login(alone.client(), "nobody@example.org", "x")
				.refused(401, (loginRefusal != null) ? loginRefusal : "Incorrect email");
			Account.login(alone.client(), bob.email(), "x")
				.refused(401, (loginRefusal != null) ? loginRefusal : "Incorrect password");
			bob.client().delete("/users/9223372036854775807/").refused(permissionDenied, "Permission denied");
			Answer simple = alone.client()
				.post("/users/", """
						{"first_name": "A", "last_name": "B", "email": "%s", "password": "1234"}"""
					.formatted(Account.newEmail()));
			assertThat(simple.status()).as(setting).isEqualTo(simplePassword ? 201 : 400);
			assertThat(bob.client().patch(bob.path(), "{\"password\": \"12345678\"}").status()).as(setting)
				.isEqualTo(change);
			assertThat(bob.client().patch(bob.path(), "{\"password\": \"Luna Lovegood 1234\"}").status()).as(setting)
				.isEqualTo((setting.contains("refuse-own") || setting.contains("ask-current")) ? 400 : 200);
		}
	}

	private static String hash(Service service, Account account) {
		return service.bean(Database.class)
			.reads()
			.sql("select password from \"user\" where id = ?")
			.param(account.id())
			.query(String.class)
			.single();
	}

	private static void setHash(Service service, Account account, String hash) {
		service.bean(Database.class)
			.writes()
			.sql("update \"user\" set password = ? where id = ?")
			.param(hash)
			.param(account.id())
			.update();
	}

	private static String change(String currentPassword, String field, String value) {
		return "{\"%s\": \"%s\", \"current_password\": \"%s\"}".formatted(field, value, currentPassword);
	}

	private void signUpRefused(String password, String sentence) {
		Answer answer = signUp("minerva@hogwarts.example", password).wrong("password");
		assertThat(answer.json().path("fields").path("password").asString()).isEqualTo(sentence);
	}

	private Answer signUp(String email, String password) {
		return this.nobody.post("/users/", """
				{"first_name": "Minerva", "last_name": "McGonagall", "email": "%s", "password": "%s"}"""
			.formatted(email, password));
	}

}
