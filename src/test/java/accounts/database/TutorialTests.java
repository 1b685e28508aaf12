package accounts.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import accounts.Account;
import accounts.Client;
import accounts.Service;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The database of the tutorial's Flask application opens as it is and works on. */
@ExtendWith(OutputCaptureExtension.class)
@Tag("sqlite")
class TutorialTests {

	private static final String USERS = "select id, first_name, last_name, email, password, created_on from user order by id";

	private static final String SIGN_UP = """
			{"first_name": "Ginny", "last_name": "Weasley", "email": "ginny@example.com", "password": "1234"}""";

	private static final Map<String, String> PASSWORDS = Map.of("harry@example.com", "1234",
			"hermione.granger@example.com", "correct horse battery staple", "ron@example.com", "pässwörd 🦉",
			"luna@example.com", "x".repeat(200), "neville@example.com", "salted", "albus@example.com", "lemon drops");

	@Test
	void everyOneLogsInWithTheOldPasswordAndHasAHashOfTodayFromThenOn() throws Exception {
		Path folder = Sqlite.tutorial();
		try (Service service = Service.startIn(folder); Sqlite sqlite = Sqlite.open(Service.file(folder))) {
			PASSWORDS.forEach((email, password) -> {
				String hash = "select password from user where email = '" + email + "'";
				List<String> old = sqlite.rows(hash);
				Account.login(service.client(), email, password + "x").refused(401, "Incorrect password");
				assertThat(sqlite.rows(hash)).isEqualTo(old);
				Account.login(service.client(), email.replace("r", "R"), password).is(200);
				assertThat(sqlite.rows(hash)).singleElement().asString().startsWith("{argon2}$argon2id$v=19$");
				Account.login(service.client(), email, password).is(200);
				Account.login(service.client(), email, password + "x").refused(401, "Incorrect password");
			});
		}
	}

	@Test
	void everybodyIsWhoTheyWere() throws Exception {
		try (Service service = Service.startIn(Sqlite.tutorial())) {
			Client harry = login(service, "harry@example.com");
			JsonNode users = harry.get("/users/").is(200).json();
			assertThat(users.valueStream().map((user) -> user.path("id").longValue())).containsExactly(1L, 2L, 3L, 4L,
					5L, 6L);
			assertThat(users.path(0).path("created_on").stringValue()).isEqualTo("2022-02-05T10:11:12Z");
			assertThat(users.path(0).path("first_name").stringValue()).isEqualTo("Harry");
			assertThat(users.path(1).path("email").stringValue()).isEqualTo("hermione.granger@example.com");
			assertThat(users.path(1).path("created_on").stringValue()).isEqualTo("2026-11-23T19:20:00Z");
		}
	}

	@Test
	void anIdThatWasGivenOnceNeverComesAgain() throws Exception {
		try (Service service = Service.startIn(Sqlite.tutorial())) {
			assertThat(service.client().post("/users/", SIGN_UP).is(201).json().path("id").longValue()).isEqualTo(8);
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			delete from user                                                           | 8
			delete from user; delete from sqlite_sequence                              | 1
			delete from user; update sqlite_sequence set seq = 41                      | 42
			delete from sqlite_sequence                                                | 7
			update sqlite_sequence set seq = 2                                         | 7
			""")
	void theNextIdIsAfterTheHighestThereEverWas(String before, long next) throws Exception {
		try (Service service = Service.startIn(Sqlite.tutorial(before))) {
			assertThat(service.client().post("/users/", SIGN_UP).is(201).json().path("id").longValue()).isEqualTo(next);
		}
	}

	@Test
	void aTableWithoutAutoincrementIsTakenOverWithItsIds() throws Exception {
		Path folder = Sqlite.tutorial("create table other as select * from user", "drop table user", """
				create table user (id integer primary key, first_name text, last_name text, email text unique,
					password text, created_on timestamp default current_timestamp)""",
				"insert into user select * from other", "drop table other");
		try (Service service = Service.startIn(folder)) {
			login(service, "albus@example.com").delete("/users/6/").is(204);
			assertThat(service.client().post("/users/", SIGN_UP).is(201).json().path("id").longValue()).isEqualTo(7);
		}
	}

	@ParameterizedTest
	@CsvSource({ "'2022-02-05 10:11:12.345678', 2022-02-05T10:11:12Z", "'2022-02-05T10:11:12Z', 2022-02-05T10:11:12Z",
			"'2022-02-05 10:11:12+02:00', 2022-02-05T08:11:12Z", "1644055872, 2022-02-05T10:11:12Z",
			"2022-02-05, 2022-02-05T00:00:00Z" })
	void aTimeIsUnderstoodAsSqliteOrPythonWroteIt(String time, String expected) throws Exception {
		Path folder = Sqlite.tutorial("update user set created_on = '" + time + "'");
		try (Service service = Service.startIn(folder)) {
			assertThat(login(service, "harry@example.com").get("/users/me/").text("created_on")).isEqualTo(expected);
		}
	}

	@Test
	void theFileIsCopiedAsideFirstAndNeverOverAnEarlierCopy() throws Exception {
		Path folder = Sqlite.tutorial();
		List<String> users = users(Service.file(folder));
		Files.writeString(folder.resolve("db.sqlite3.before-accounts"), "an earlier copy");
		Service.startIn(folder).close();
		assertThat(folder.resolve("db.sqlite3.before-accounts")).hasContent("an earlier copy");
		assertThat(users(folder.resolve("db.sqlite3.before-accounts-2"))).isEqualTo(users);
		Service.startIn(folder).close();
		assertThat(folder.toFile().list()).containsExactlyInAnyOrder("db.sqlite3", "db.sqlite3.before-accounts",
				"db.sqlite3.before-accounts-2");
	}

	@Test
	void theCopyIsTheTutorialsDatabase() throws Exception {
		Path folder = Sqlite.tutorial();
		List<String> users = users(Service.file(folder));
		Service.startIn(folder).close();
		Path again = Service.folder();
		Files.copy(folder.resolve("db.sqlite3.before-accounts"), Service.file(again));
		assertThat(users(Service.file(again))).isEqualTo(users);
		try (Service service = Service.startIn(again)) {
			login(service, "harry@example.com");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "Harry@Example.Com", " harry@example.com ", "\u00a0harry@example.com" })
	void twoAccountsThatWouldBeOneStopTheStart(String email, CapturedOutput output) throws Exception {
		Path folder = Sqlite.tutorial("update user set email = '" + email + "' where id = 3");
		refused(folder, output, "The database " + Service.file(folder)
				+ " has accounts whose emails differ only in case, in spaces around them or in how their accents are typed: harry@example.com (id 1) and "
				+ email + " (id 3). Change or delete all but one of them, then start again.");
	}

	@ParameterizedTest
	@CsvSource({ "HÄRRY@ÉXAMPLE.COM,härry@éxample.com", "ΟΔΥΣΣΕΥΣ@EXAMPLE.COM,οδυσσευς@example.com",
			"İPEK@EXAMPLE.COM,i̇pek@example.com", "JOSE\u0301@EXAMPLE.COM,josé@example.com" })
	void anEmailWithCapitalsOfAnyAlphabetIsInLowerCaseAfterwards(String before, String after) throws Exception {
		Path folder = Sqlite.tutorial("update user set email = '" + before + "' where id = 1");
		try (Service service = Service.startIn(folder)) {
			String token = Account.login(service.client(), before, "1234").is(200).text("token");
			assertThat(service.client().as(token).get("/users/me/").text("email")).isEqualTo(after);
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					create index by_name on user (last_name)                                                     | index by_name
					create view weasleys as select * from user where last_name = 'Weasley'                       | view weasleys
					create table post (id integer primary key, author integer references user on delete cascade) | table post
					create trigger fired after insert on user begin select 1; end                                | trigger fired
					create table tutorial_user (id integer)                                                      | table tutorial_user
					""")
	void whatSomebodyAddedIsNotLostButNamed(String addition, String name, CapturedOutput output) throws Exception {
		Path folder = Sqlite.tutorial(addition);
		refused(folder, output, "The database " + Service.file(folder) + " has more in it than the tutorial's users: "
				+ name
				+ ". Only the users can be taken over: drop the rest, in a copy if you need it, then start again.");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					alter table user add column is_admin boolean default 0 | column is_admin of table user
					alter table user add column twice as (2 * id); alter table user add column "a b"; create index i on user ("a b") \
						| column a b of table user, column twice of table user, index i
					""")
	void aColumnThatSomebodyAddedIsNamedWithAWayToDropIt(String addition, String names, CapturedOutput output)
			throws Exception {
		Path folder = Sqlite.tutorial(addition);
		String first = names.replaceFirst("column (.*?) of.*", "$1");
		refused(folder, output,
				"The database " + Service.file(folder) + " has more in it than the tutorial's users: " + names
						+ ". Only the users can be taken over: drop the rest, in a copy if you need it "
						+ "(a column by `alter table user drop column \"" + first + "\"`), then start again.");
	}

	@Test
	void whatTheSentenceOfAColumnSaysHelps() throws Exception {
		try (Service service = Service.startIn(Sqlite.tutorial("alter table user add column is_admin boolean",
				"alter table user drop column \"is_admin\""))) {
			login(service, "harry@example.com");
		}
	}

	@Test
	void hashesThatCanNotBeCheckedAreCountedByKindAtTheStartAndNeverShown(CapturedOutput output) throws Exception {
		Path folder = Sqlite.tutorial("update user set password = 'plain$$open sesame' where id in (1, 2)",
				"update user set password = 'open$the$sesame' where id = 3",
				"update user set password = 'scrypt:262144:8:1$salt$' || lower(hex(zeroblob(64))) where id = 4",
				"update user set password = 'sha256$xyz$6e5669d1801d0beb24ecd03f090fdc6d3cdeec14651b95f906504ea633d35e41' "
						+ "where id = 5");
		try (Service service = Service.startIn(folder)) {
			assertThat(output).contains("4 accounts can't log in, as their password hashes can't be checked: "
					+ "1 of no known kind, 2 of plain, 1 of scrypt:262144:8:1. Give each of them a new one, as src/docs/security.md says")
				.doesNotContain("open", "sesame", "salt");
			Account.login(service.client(), "harry@example.com", "open sesame").refused(401, "Incorrect password");
			Account.login(service.client(), "neville@example.com", "1234").is(200);
			Account.login(service.client(), "albus@example.com", "lemon drops").is(200);
		}
		try (Service again = Service.startIn(folder)) {
			assertThat(output.getOut().split("4 accounts can't log in", -1)).hasSize(3);
			// What the documentation says to do
			Account spare = again.account();
			Sqlite.run(Service.file(folder), "update user set password = (select password from user where email = '"
					+ spare.email() + "') where email = 'harry@example.com'");
			Account.login(again.client(), "harry@example.com", spare.password()).is(200);
		}
	}

	@Test
	void aRowThatCanNotBeTakenOverStopsTheStartAndTheUsersAreAsTheyWere(CapturedOutput output) throws Exception {
		Path folder = Sqlite.tutorial("update user set first_name = x'00ff' where id = 6");
		Path file = Service.file(folder);
		List<String> users = users(file);
		for (int start = 1; start <= 2; start++) {
			assertThatThrownBy(() -> Service.startIn(folder).close());
			assertThat(output.getErr().lines()).hasSize(start)
				.last()
				.asString()
				.contains(
						"can't be brought to the schema of this program, and its data is as it was: mend this first: ",
						"BLOB value in TEXT column user.first_name");
			assertThat(users(file)).isEqualTo(users);
		}
		assertThat(output.getOut()).isEmpty();
		Sqlite.run(file, "update user set first_name = 'Albus' where id = 6");
		try (Service service = Service.startIn(folder)) {
			login(service, "albus@example.com");
		}
	}

	@Test
	void whatAProgramThatCrashedLeftHalfDoneIsUndone() throws Exception {
		Path running = Sqlite.tutorial();
		Path folder = Service.folder();
		try (Sqlite flask = Sqlite.open(Service.file(running))) {
			flask.run("pragma cache_spill = 1", "pragma cache_size = 1", "begin",
					"update user set password = hex(zeroblob(9000))");
			Files.copy(Service.file(running), Service.file(folder));
			Files.copy(running.resolve("db.sqlite3-journal"), folder.resolve("db.sqlite3-journal"));
			flask.run("rollback");
		}
		try (Service service = Service.startIn(folder)) {
			login(service, "harry@example.com");
			login(service, "albus@example.com");
		}
	}

	private static void refused(Path folder, CapturedOutput output, String sentence) throws IOException {
		byte[] before = Files.readAllBytes(Service.file(folder));
		assertThatThrownBy(() -> Service.startIn(folder).close());
		assertThat(output.getErr().lines()).containsExactly("accounts: " + sentence);
		assertThat(output.getOut()).isEmpty();
		assertThat(Files.readAllBytes(Service.file(folder))).isEqualTo(before);
		assertThat(folder.toFile().list()).containsExactly("db.sqlite3");
	}

	private static List<String> users(Path file) {
		try (Sqlite sqlite = Sqlite.open(file)) {
			return sqlite.rows(USERS);
		}
	}

	private static Client login(Service service, String email) {
		return service.client().as(Account.login(service.client(), email, PASSWORDS.get(email)).is(200).text("token"));
	}

}
