package accounts.user;

import java.util.Locale;

import accounts.Account;
import accounts.Answer;
import accounts.Client;
import accounts.Service;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/** The contract's part "Users". */
class UserApiTests {

	private final Service service = Service.shared();

	private final Client nobody = this.service.client();

	@Test
	void signingUpAnswersWithTheUserAndWhereItIs() {
		String email = Account.newEmail();
		Answer answer = signUp("Harry", "Potter", email, "1234").is(201);
		JsonNode user = answer.json();
		assertThat(user.propertyNames()).containsExactly("id", "first_name", "last_name", "email", "created_on");
		assertThat(answer.header("Location")).isEqualTo("/users/" + user.path("id").longValue() + "/");
		assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
		assertThat(answer.text("created_on")).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
		assertThat(answer.text("email")).isEqualTo(email);
	}

	@Test
	void namesAndEmailsAreTrimmedAndAnEmailIsKeptInLowerCase() {
		String email = Account.newEmail();
		Answer answer = signUp("  Harry ", " Pot ter  ", "  " + email.toUpperCase(Locale.ROOT) + " ", "1234").is(201);
		assertThat(answer.text("first_name")).isEqualTo("Harry");
		assertThat(answer.text("last_name")).isEqualTo("Pot ter");
		assertThat(answer.text("email")).isEqualTo(email);
	}

	@Test
	void anEmailInAnyCaseIsOneAccount() {
		String email = Account.newEmail();
		signUp("Ann", "A", email, "1234").is(201);
		signUp("Ann", "B", email.replace("user", "USER"), "1234").refused(409, "This email is already registered");
	}

	@Test
	void textComesBackAsItWentIn() {
		String name = "Zoë 🦉 \\u202e\\\"'; drop table user; -- <b>&amp;";
		Answer answer = signUp(name, "李", Account.newEmail(), "1234").is(201);
		assertThat(answer.text("first_name")).isEqualTo("Zoë 🦉 \u202e\"'; drop table user; -- <b>&amp;");
		assertThat(answer.text("last_name")).isEqualTo("李");
	}

	@Test
	void allWrongFieldsAreNamedAtOnce() {
		this.nobody.post("/users/", """
				{"first_name": 1, "last_name": null, "email": ["a@b"], "password": {"a": 1}}""")
			.wrong("first_name", "last_name", "email", "password");
		this.nobody
			.post("/users/",
					"""
							{"first_name": " ", "last_name": "%s", "email": "a b@c", "password": ""}"""
						.formatted("x".repeat(201)))
			.wrong("first_name", "last_name", "email", "password");
	}

	@Test
	void fieldsThatAreOnlyMissingOrEmptyAreToldApartFromWrongOnes() {
		this.nobody.post("/users/", "{}").missing("first_name", "last_name", "email", "password");
		signUp("", " ", "\u2003", "").missing("first_name", "last_name", "email", "password");
		this.nobody.post("/users/", """
				{"first_name": "A", "last_name": null, "email": "%s"}""".formatted(Account.newEmail()))
			.missing("last_name", "password");
		signUp("", "B", "wrong", "").wrong("first_name", "email", "password");
		Account account = this.service.account();
		for (String method : new String[] { "PUT", "PATCH" }) {
			account.client()
				.send(method, account.path(), "{\"first_name\": \"A\", \"last_name\": \"\", \"password\": null}")
				.missing("last_name", "password");
			account.client()
				.send(method, account.path(), "{\"first_name\": 1, \"last_name\": \"\"}")
				.wrong("first_name", "last_name");
		}
		assertThat(account.client().get("/users/me/").text("first_name")).isEqualTo("Luna");
	}

	@Test
	void anEmailIsOneAccountHoweverItIsTyped() {
		String email = "josé." + Account.newEmail();
		String[] typed = { email, email.replace("é", "e\u0301"), email.toUpperCase(Locale.ROOT), "\u00a0" + email,
				email + "\u3000\u2009" };
		Answer answer = signUp("José", "A", typed[1], "1234").is(201);
		assertThat(answer.text("email")).isEqualTo(email);
		for (String spelling : typed) {
			signUp("José", "B", spelling, "1234").refused(409, "This email is already registered");
			assertThat(Account.login(this.nobody, spelling, "1234").is(200).text("user_id"))
				.isEqualTo(answer.text("id"));
		}
	}

	/** All of Unicode's default-ignorable characters, by their first and last ones. */
	@ParameterizedTest
	@ValueSource(ints = { 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180F, 0x200B, 0x200F, 0x202A,
			0x202E, 0x2060, 0x2065, 0x206F, 0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF0, 0xFFF8, 0x1BCA0, 0x1BCA3,
			0x1D173, 0x1D17A, 0xE0000, 0xE0FFF })
	void anEmailHasNoCharactersThatNobodySees(int character) {
		String invisible = Character.toString(character);
		for (String email : new String[] { invisible + "ann@example.org", "ann" + invisible + "@example.org",
				"ann@example.org" + invisible }) {
			signUp("Ann", "A", email, "1234").wrong("email");
			Account.login(this.nobody, email, "1234").refused(401, "Incorrect email");
		}
	}

	@Test
	void aNameShowsSomethingAndMayHaveCharactersThatJoinItsLetters() {
		for (String name : new String[] { "\u00a0", "\u3000\u2003\u202f" }) {
			signUp(name, name, Account.newEmail(), "1234").missing("first_name", "last_name");
		}
		for (String name : new String[] { "\u200b", " \u2060\u3164 " }) {
			signUp(name, name, Account.newEmail(), "1234").wrong("first_name", "last_name");
		}
		Answer answer = signUp("\u00a0علی\u200cرضا\u3000", "👩\u200d👩\u200d👧", Account.newEmail(), "1234").is(201);
		assertThat(answer.text("first_name")).isEqualTo("علی\u200cرضا");
		assertThat(answer.text("last_name")).isEqualTo("👩\u200d👩\u200d👧");
	}

	@Test
	void aPasswordIsTheSameHoweverItsAccentsAreTyped() {
		for (String password : new String[] { "e\u0301cole Å", "école A\u030a" }) {
			String email = Account.newEmail();
			signUp("A", "B", email, password).is(201);
			for (String typed : new String[] { "école Å", "e\u0301cole A\u030a", "e\u0301cole \u212b" }) {
				Account.login(this.nobody, email, typed).is(200);
			}
			Account.login(this.nobody, email, "ecole Å").refused(401, "Incorrect password");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "plain", "@b", "a@", "a@b@c", "a b@c", "a@b c", "a\\u00a0b@c", "a\\u2003@c", "a\\tb@c" })
	void anEmailIsOneAtWithSomethingOnBothSidesAndNoSpaces(String email) {
		signUp("A", "B", email, "1234").wrong("email");
	}

	@Test
	void lengthsCountCharactersUpToTheirLimits() {
		String owl = "🦉";
		String email = "@" + Account.newEmail().replace("@", "");
		signUp(owl.repeat(200), "B", "x".repeat(254 - email.length()) + email, owl.repeat(256)).is(201);
		signUp(owl.repeat(201), "B", Account.newEmail(), "1234").wrong("first_name");
		signUp("A", "B", "x".repeat(255 - email.length()) + email, "1234").wrong("email");
		signUp("A", "B", Account.newEmail(), owl.repeat(257)).wrong("password");
	}

	@ParameterizedTest
	@ValueSource(strings = { "a\\u0000b", "a\\nb", "a\\u007f", "a\\u0085", "\\ud800", "\\udc00x", "x\\ud83d" })
	void controlCharactersAndUnpairedSurrogatesAreRefused(String text) {
		assertThat(signUp(text, "B", Account.newEmail(), "1234").status()).isEqualTo(400);
		assertThat(signUp("A", text, Account.newEmail(), "1234").status()).isEqualTo(400);
		assertThat(signUp("A", "B", text + "@example.com", "1234").status()).isEqualTo(400);
		assertThat(signUp("A", "B", Account.newEmail(), text).status()).isEqualTo(400);
	}

	@Test
	void whatIsNotForTheClientToSetIsIgnored() {
		Account account = this.service.account();
		Answer answer = account.client().patch(account.path(), """
				{"id": 99999, "created_on": "2001-01-01T00:00:00Z", "nonsense": [1], "first_name": "Ginny"}""").is(200);
		assertThat(answer.json().path("id").longValue()).isEqualTo(account.id());
		assertThat(answer.text("created_on")).doesNotStartWith("2001");
		assertThat(answer.text("first_name")).isEqualTo("Ginny");
	}

	@Test
	void aUserReadsAnyUser() {
		Account account = this.service.account();
		Account other = this.service.account();
		assertThat(account.client().get(other.path()).is(200).text("email")).isEqualTo(other.email());
		assertThat(account.client().get("/users/me/").is(200).text("email")).isEqualTo(account.email());
		account.client().get("/users/9223372036854775807/").refused(404, "Invalid user id");
	}

	@ParameterizedTest
	@ValueSource(strings = { "0", "-1", "01", "+1", "0x1", "%231", "1.0", "1e0", "abc", "%D9%A1", "9223372036854775808",
			"%201", "1%20", "you" })
	void anIdThatIsNoPositiveIntegerLeadsNowhere(String id) {
		Account account = this.service.account();
		String path = "/users/" + id + "/";
		assertThat(account.client().get(path).status()).isEqualTo(404);
		assertThat(account.client().put(path, "{}").status()).isEqualTo(404);
		assertThat(account.client().delete(path).status()).isEqualTo(404);
	}

	@Test
	void aPathWithoutItsLastSlashGivesTheSameAnswer() {
		Account account = this.service.account();
		for (String path : new String[] { "/users", "/users/me", "/users/" + account.id() }) {
			assertThat(account.client().get(path).is(200).body()).isEqualTo(account.client().get(path + "/").body());
		}
	}

	@Test
	void theListHoldsEveryUserInTheOrderOfTheirIds() {
		try (Service own = Service.start()) {
			Client client = own.account().client();
			for (int i = 0; i < 1_200; i++) {
				own.bean(UserRepository.class).add("First" + i, "Last", "list" + i + "@example.com", "-");
			}
			JsonNode users = client.get("/users/").is(200).json();
			assertThat(users.valueStream().map((user) -> user.path("id").longValue())).hasSize(1_201).isSorted();
		}
	}

	@Test
	void fieldsLeftOutKeepTheirValue() {
		Account account = this.service.account();
		for (String method : new String[] { "PUT", "PATCH" }) {
			Answer answer = account.client()
				.send(method, account.path(), "{\"last_name\": \"%s\"}".formatted(method))
				.is(200);
			assertThat(answer.text("first_name")).isEqualTo("Luna");
			assertThat(answer.text("last_name")).isEqualTo(method);
			assertThat(answer.text("email")).isEqualTo(account.email());
		}
		assertThat(account.client().put(account.path(), "{}").is(200).text("last_name")).isEqualTo("PATCH");
		Account.login(this.nobody, account.email(), account.password()).is(200);
	}

	@Test
	void aWrongFieldChangesNothing() {
		Account account = this.service.account();
		account.client().put(account.path(), """
				{"first_name": "Changed", "email": "wrong", "password": null}""").wrong("email", "password");
		assertThat(account.client().get("/users/me/").text("first_name")).isEqualTo("Luna");
	}

	@Test
	void aNewPasswordReplacesTheOldOne() {
		Account account = this.service.account();
		account.client().patch(account.path(), "{\"password\": \" new \"}").is(200);
		Account.login(this.nobody, account.email(), account.password()).refused(401, "Incorrect password");
		Account.login(this.nobody, account.email(), "new").refused(401, "Incorrect password");
		Account.login(this.nobody, account.email(), " new ").is(200);
	}

	@Test
	void aNewEmailIsTakenOnlyIfNobodyHasIt() {
		Account account = this.service.account();
		Account other = this.service.account();
		account.client()
			.put(account.path(), "{\"email\": \"%s\"}".formatted(other.email()))
			.refused(409, "This email is already registered");
		account.client().put(account.path(), "{\"email\": \"%s\"}".formatted(account.email())).is(200);
		String email = Account.newEmail();
		account.client().put(account.path(), "{\"email\": \"%s\"}".formatted(email)).is(200);
		Account.login(this.nobody, account.email(), account.password()).refused(401, "Incorrect email");
		Account.login(this.nobody, email, account.password()).is(200);
	}

	@Test
	void nobodyChangesOrDeletesSomebodyElseExistingOrNot() {
		Account account = this.service.account();
		Account other = this.service.account();
		for (String path : new String[] { other.path(), "/users/9223372036854775807/" }) {
			account.client().put(path, "{\"first_name\": 1}").refused(401, "Permission denied");
			account.client().patch(path, "{}").refused(401, "Permission denied");
			account.client().delete(path).refused(401, "Permission denied");
		}
		assertThat(other.client().get("/users/me/").is(200).text("first_name")).isEqualTo("Luna");
	}

	@Test
	void aDeletedUserIsGoneItsTokenStopsAndItsIdNeverComesAgain() {
		Account account = this.service.account();
		assertThat(account.client().delete(account.path()).is(204).body()).isEmpty();
		account.client().get("/users/me/").refused(401, "Authentication failed");
		Account.login(this.nobody, account.email(), account.password()).refused(401, "Incorrect email");
		assertThat(this.service.account().id()).isGreaterThan(account.id());
	}

	private Answer signUp(String firstName, String lastName, String email, String password) {
		return this.nobody.post("/users/", """
				{"first_name": "%s", "last_name": "%s", "email": "%s", "password": "%s"}""".formatted(firstName,
				lastName, email, password));
	}

}
