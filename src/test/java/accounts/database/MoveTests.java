package accounts.database;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;

import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

import accounts.Account;
import accounts.Answer;
import accounts.Client;
import accounts.Postgres;
import accounts.Program;
import accounts.Service;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

/** The command {@code move}, between both kinds of databases and within each. */
@Tag("sqlite")
@Timeout(300)
class MoveTests {

	private static final Duration AT_ONCE = Duration.ofSeconds(3);

	private static final String SIGN_UP = """
			{"first_name": "Ron", "last_name": "W", "email": "%s", "password": "1234"}""";

	/** What there is to move between. */
	enum Kind {

		SQLITE, POSTGRESQL;

		/** A new file, or an empty database. */
		String database() {
			Path folder = Service.folder();
			return (this == SQLITE) ? "jdbc:sqlite:" + Service.file(folder) : Postgres.url(folder);
		}

		Kind other() {
			return (this == SQLITE) ? POSTGRESQL : SQLITE;
		}

	}

	// What arrives

	@ParameterizedTest
	@CsvSource({ "SQLITE, POSTGRESQL", "POSTGRESQL, SQLITE", "SQLITE, SQLITE", "POSTGRESQL, POSTGRESQL" })
	void tokensSessionsAndKeysWorkAfterwardsAndNoIdComesTwice(Kind source, Kind target) {
		String from = source.database();
		String to = target.database();
		String[] settings = { "accounts.token.algorithm=ES256", "accounts.keys.passphrase=correct horse bättery",
				"accounts.session.refresh-grace=1m" };
		Account luna;
		Answer login;
		Answer renewal;
		String keys;
		String user;
		long goneUser;
		long goneSession;
		try (Service service = start(from, settings)) {
			luna = service.account();
			user = luna.client().patch(luna.path(), "{\"first_name\": \"Лу\u0301на 🦉 \\\\N \\\"'\"}").is(200).body();
			login = login(service, luna);
			renewal = refresh(service, login).is(200);
			keys = service.client().get("/.well-known/jwks.json").is(200).body();
			addUsers(from, 10_000);
			Account gone = service.account();
			goneUser = gone.id();
			goneSession = login(service, gone).json().path("session_id").longValue();
			gone.client().delete(gone.path()).is(204);
			db(from).sql("delete from session where id >= ?").param(goneSession).update();
		}

		Outcome move = move("--from", from, "--to", to);

		assertThat(move.errors()).doesNotContain("accounts: ");
		assertThat(move.output())
			.containsPattern("(?m)^user +from +10,001 +" + String.format(Locale.ROOT, "%,d", goneUser + 1))
			.doesNotContain("DIFFERENT")
			.endsWith("Moved. Set SPRING_DATASOURCE_URL to " + printed(to) + " and start the service.\n");
		assertThat(move.code()).isZero();
		try (Service service = start(to, settings)) {
			assertThat(service.client().as(luna.token()).get("/users/me/").is(200).body()).isEqualTo(user);
			assertThat(service.client().get("/.well-known/jwks.json").body()).isEqualTo(keys);
			assertThat(refresh(service, login).is(200).body()).isEqualTo(renewal.body());
			service.client().as(refresh(service, renewal).is(200).text("token")).get("/users/me/").is(200);
			assertThat(login(service, luna).json().path("session_id").longValue()).isGreaterThan(goneSession);
			assertThat(service.account().id()).isGreaterThan(goneUser);
		}
	}

	@Test
	void aFileThatWasMadeByAMoveNobodyElseMayRead() throws Exception {
		String from = Kind.SQLITE.database();
		String to = Kind.SQLITE.database();
		start(from).close();
		assertThat(move("--from", from, "--to", to).code()).isZero();
		assertThat(Files.getPosixFilePermissions(file(to))).isEqualTo(PosixFilePermissions.fromString("rw-------"));
	}

	@ParameterizedTest
	@EnumSource
	void everyTableThereIsMoves(Kind kind) throws Exception {
		String from = kind.database();
		start(from).close();
		List<String> tables = db(from)
			.sql((kind == Kind.SQLITE)
					? "select name from sqlite_master where type = 'table' and name not glob 'sqlite_*'"
					: "select tablename from pg_tables where schemaname = 'public'")
			.query(String.class)
			.list();
		Outcome move = move("--from", from, "--to", kind.other().database());
		List<String> moved = move.output()
			.lines()
			.filter((line) -> line.contains(" from "))
			.map((line) -> line.replaceFirst(" .*", ""))
			.toList();
		assertThat(moved).doesNotHaveDuplicates().hasSizeGreaterThan(3);
		assertThat(tables).contains("flyway_schema_history").containsAll(moved).hasSize(moved.size() + 1);
	}

	@Test
	void anIdThatAPostgresSequenceIsBehindOfIsNotGivenAgain() {
		String from = Kind.POSTGRESQL.database();
		String to = Kind.SQLITE.database();
		start(from).close();
		db(from).sql("insert into \"user\" values (7, 'a', 'b', 'seven@example.com', 'c', 0)").update();
		assertThat(move("--from", from, "--to", to).code()).isZero();
		try (Service service = start(to)) {
			assertThat(service.account().id()).isEqualTo(8);
		}
	}

	// The source meanwhile and afterwards

	@Test
	void whileAFileMovesItIsReadAndNotWritten() throws Exception {
		String from = Kind.SQLITE.database();
		String to = Kind.POSTGRESQL.database();
		makeTables(to);
		try (Service service = start(from)) {
			Account account = service.account();
			Outcome move = held(to, "\"user\"", () -> refusesAWriteOnly(service, account), "--from", from, "--to", to);
			assertThat(move.code()).as(move.errors()).isZero();
			refusesAWriteOnly(service, account);
			refusesEveryWrite(service, account);
			service.client().get("/health/").refused(503, "Busy");
		}
		refusesToStart(from, to);
	}

	@Test
	void whileAPostgresDatabaseMovesItIsReadAndNotWritten() throws Exception {
		String from = Kind.POSTGRESQL.database();
		String to = Kind.SQLITE.database();
		try (Service service = start(from, "spring.jdbc.template.query-timeout=1s")) {
			Account account = service.account();
			Outcome move = held(from, "session", () -> refusesAWriteOnly(service, account), "--from", from, "--to", to);
			assertThat(move.code()).as(move.errors()).isZero();
			refusesAWriteOnly(service, account);
			refusesEveryWrite(service, account);
			service.client().get("/health/").refused(503, "Busy");
		}
		refusesToStart(from, to);
	}

	@ParameterizedTest
	@EnumSource
	void whoGoesBackTakesTheMarkOff(Kind kind) {
		String from = kind.database();
		String to = kind.other().database();
		start(from).close();
		List<String> before = things(from);
		assertThat(move("--from", from, "--to", to).code()).isZero();
		assertThat(things(from)).hasSizeGreaterThan(before.size());
		Outcome reopened = move("--reopen", from);
		assertThat(reopened.output()).isEqualTo(printed(from) + " takes writes again. What was written to "
				+ printed(to) + " meanwhile is not in it.\n");
		assertThat(reopened.code()).isZero();
		try (Service service = start(from)) {
			service.account().client().get("/users/me/").is(200);
		}
		assertThat(things(from)).isEqualTo(before);
		refused("--reopen", from, printed(from) + " was not moved: it takes writes as it is.");
	}

	@ParameterizedTest
	@EnumSource
	void aCommandKilledBeforeItsMarkIsFinishedByTheNext(Kind kind) {
		String from = kind.database();
		String to = kind.other().database();
		start(from).close();
		move("--from", from, "--to", to);
		move("--reopen", from);
		Outcome again = move("--from", from, "--to", to);
		assertThat(again.output()).contains("same").doesNotContain("DIFFERENT").contains("Moved. ");
		assertThat(again.code()).isZero();
		refusesToStart(from, to);
		refused("--from", from, "--to", to, printed(from) + " was moved already, to " + printed(to)
				+ ": `move --check` compares the two, `move --reopen` takes the mark off.");
	}

	@ParameterizedTest
	@EnumSource
	void aRehearsalLeavesNothingBehind(Kind kind) throws Exception {
		String from = kind.database();
		String to = kind.other().database();
		try (Service service = start(from)) {
			assertThat(move("--offline", "--from", from, "--to", to).code()).isZero();
			service.account().client().get("/users/me/").is(200);
			assertThat(move("--check", "--from", from, "--to", to).code()).isEqualTo(1);
		}
		start(from).close();
	}

	@Test
	void aCopyThatNobodyMayChangeCanBeMoved() throws Exception {
		String from = Kind.SQLITE.database();
		start(from).close();
		Path folder = file(from).getParent();
		Files.setPosixFilePermissions(file(from), PosixFilePermissions.fromString("r--r--r--"));
		Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
		refused("--from", from, "--to", Kind.SQLITE.database(), "The database's folder " + folder
				+ " can't be written to: allow it, or set --from to a file elsewhere.");
		assertThat(move("--offline", "--from", from, "--to", Kind.SQLITE.database()).code()).isZero();
		assertThat(folder.toFile().list()).containsExactly("db.sqlite3");
	}

	@Test
	void aServerThatTakesNoWritesCanBeMovedFromOffline() {
		String from = Kind.POSTGRESQL.database();
		String to = Kind.SQLITE.database();
		start(from).close();
		String standby = from + "&options=-c%20default_transaction_read_only=on";
		refused("--from", standby, "--to", to,
				"The database " + place(from) + " is read-only: set --from to the server that takes writes.");
		assertThat(move("--offline", "--from", standby, "--to", to).code()).isZero();
	}

	@Test
	void aSchemaBesideAnotherProgramsIsATargetAndASource() {
		String from = Kind.SQLITE.database();
		String server = Kind.POSTGRESQL.database();
		String to = server + "&currentSchema=accounts";
		db(server).sql("create table \"user\" (id integer)").update();
		db(server).sql("create schema accounts").update();
		Account account;
		try (Service service = start(from)) {
			account = service.account();
		}
		assertThat(move("--from", from, "--to", to).output())
			.contains("Set SPRING_DATASOURCE_URL to " + printed(server) + "?currentSchema=accounts and start");
		try (Service service = start(to)) {
			service.client().as(account.token()).get("/users/me/").is(200);
		}
		assertThat(move("--from", to, "--to", Kind.SQLITE.database()).code()).isZero();
		assertThat(db(server).sql("select count(*) from \"user\"").query(Integer.class).single()).isZero();
	}

	// What differs

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			update "user" set first_name = 'Ŕon' where id = 77                 | user
			delete from "user" where id = 77                                   | user
			update signing_key set public_key = material where public_key is null | signing_key
			delete from session                                                | session
			""")
	void aRowThatWasChangedIsFound(String change, String table) {
		String from = Kind.SQLITE.database();
		String to = Kind.POSTGRESQL.database();
		try (Service service = start(from)) {
			service.account();
			addUsers(from, 100);
		}
		assertThat(move("--from", from, "--to", to).code()).isZero();
		assertThat(move("--check", "--from", from, "--to", to).code()).isZero();
		db(to).sql(change).update();
		Outcome check = move("--check", "--from", from, "--to", to);
		assertThat(check.code()).isEqualTo(1);
		List<String> lines = check.output().lines().toList();
		for (int i = 1; i < lines.size(); i += 2) {
			String verdict = lines.get(i).startsWith(table + " ") ? "DIFFERENT" : "same";
			assertThat(lines.get(i + 1)).startsWith("   ").endsWith(" " + verdict);
		}
		assertThat(lines).anyMatch((line) -> line.endsWith("DIFFERENT"));
	}

	@Test
	void anIdThatWouldComeTwiceIsFound() {
		String from = Kind.SQLITE.database();
		String to = Kind.POSTGRESQL.database();
		try (Service service = start(from)) {
			Account account = service.account();
			account.client().delete(account.path()).is(204);
		}
		move("--from", from, "--to", to);
		db(to).sql("alter table \"user\" alter column id restart with 1").update();
		Outcome check = move("--check", "--from", from, "--to", to);
		assertThat(check.code()).isEqualTo(1);
		assertThat(check.output()).containsPattern("user +from +0 +2 .*\n +to +0 +1 .* DIFFERENT\n");
	}

	// What is refused

	@Test
	void aTargetThatHoldsDataIsLeftAlone() throws Exception {
		String from = Kind.SQLITE.database();
		start(from).close();
		for (Kind kind : Kind.values()) {
			String to = kind.database();
			try (Service service = start(to)) {
				Account account = service.account();
				refused("--from", from, "--to", to, printed(to) + " holds data already, and not the same as "
						+ printed(from) + ": move to an empty database; `move --check` shows what differs.");
				account.client().patch(account.path(), "{\"last_name\": \"L\"}").is(200);
			}
		}
		Path tutorial = Service.file(Sqlite.tutorial());
		refused("--from", from, "--to", "jdbc:sqlite:" + tutorial,
				"The database " + tutorial + " holds data already: set --to to a new file.");
		String other = Kind.POSTGRESQL.database();
		db(other).sql("create table customer (id integer)").update();
		refused("--from", from, "--to", other,
				"The database " + place(other) + " belongs to another program: set --to to an empty one, or add "
						+ "?currentSchema=accounts to it after you created that schema.");
		start(from).close();
	}

	@Test
	void aDatabaseIsNotMovedToItself() {
		String file = Kind.SQLITE.database();
		String database = Kind.POSTGRESQL.database();
		start(file).close();
		start(database).close();
		String sentence = "--from and --to are the same database: move to another.";
		refused("--from", file, "--to",
				file.replace("/db.sqlite3", "/../" + file(file).getParent().getFileName() + "/db.sqlite3"), sentence);
		refused("--from", database, "--to", database.replace("127.0.0.1", "localhost"), sentence);
		start(file).close();
		start(database).close();
	}

	@ParameterizedTest
	@EnumSource
	void aSourceOfAnotherSchemaIsLeftAlone(Kind kind) {
		String from = kind.database();
		String to = kind.other().database();
		start(from).close();
		String name = (kind == Kind.SQLITE) ? file(from).toString() : place(from);
		db(from).sql("update flyway_schema_history set version = '99' where version = ?")
			.param(Integer.toString(Migrations.VERSION))
			.update();
		refused("--from", from, "--to", to,
				"The database " + name + " has schema 99, and this program knows only up to " + Migrations.VERSION
						+ ": start the newer program that made it.");
		db(from).sql("update flyway_schema_history set version = '1'").update();
		refused("--from", from, "--to", to, "The database " + name + " has schema 1, and this program moves only "
				+ Migrations.VERSION + ": start it on that one once.");
		assertThat(things(to)).isEmpty();
	}

	@Test
	void whatCanNotBeTextInPostgresIsNamed() {
		String from = Kind.SQLITE.database();
		String to = Kind.POSTGRESQL.database();
		start(from).close();
		db(from).sql("""
				insert into "user" (first_name, last_name, email, password, created_on)
				values ('a', 'b' || char(0), 'c', 'd', 0)""").update();
		refused("--from", from, "--to", to,
				"A last_name in the table user has the character U+0000, which PostgreSQL can't hold: replace it first.");
		assertThat(db(to).sql("select count(*) from signing_key").query(Integer.class).single()).isZero();
		db(from).sql("update \"user\" set last_name = cast(x'ff' as text)").update();
		refused("--from", from, "--to", to,
				"A last_name in the table user is no text (it is not in UTF-8): replace it first.");
		db(from).sql("update \"user\" set last_name = '\uFFFD'").update();
		assertThat(move("--from", from, "--to", to).code()).isZero();
	}

	@Test
	void whereverItLeadsNothingIsMadeOfAWrongUrl() throws Exception {
		Path folder = Service.folder();
		String nothing = "jdbc:sqlite:" + folder.resolve("nothing.db");
		String missing = Kind.POSTGRESQL.database().replaceFirst("/test[^?]*", "/missing");
		refused("--from", nothing, "--to", nothing + "2", "The database " + folder.resolve("nothing.db")
				+ " holds nothing of this service's: set --from to one that does, or, if it is the tutorial's, start this program on it once.");
		refused("--check", "--from", nothing, "--to", nothing,
				"The file " + folder.resolve("nothing.db") + " does not exist: set --from to one that does.");
		refused("--from", "x.db", "--to", nothing,
				"--from must begin with jdbc:sqlite: or jdbc:postgresql://, like jdbc:sqlite:db.sqlite3 or jdbc:postgresql://127.0.0.1:5432/accounts.");
		assertThat(move("--from", missing, "--to", nothing).errors())
			.matches("accounts: There is no such database \\(.*\\): create it, or set --from to another\\.\n");
		assertThat(folder).isEmptyDirectory();
		assertThat(move().code()).isEqualTo(2);
		assertThat(move("--from", nothing).code()).isEqualTo(2);
		assertThat(move("--from", nothing, "--to", nothing, "--reopen", nothing).code()).isEqualTo(2);
	}

	@Test
	void whatALostDatabaseLeavesBehindIsOldLogsThatANewFileMustNotMeet() throws Exception {
		String from = Kind.SQLITE.database();
		String to = Kind.SQLITE.database();
		start(from).close();
		Path log = Files.writeString(Path.of(file(to) + "-wal"), "the last changes");
		refused("--from", from, "--to", to,
				"The file " + log + " holds the last changes to a database that is no longer at " + file(to)
						+ ": put that one back, or move db.sqlite3-wal away to begin without it.");
	}

	@Test
	void twoMovesIntoOneFileDoNotMix() throws Exception {
		String from = Kind.SQLITE.database();
		String to = Kind.SQLITE.database();
		start(from).close();
		Path moving = Path.of(file(to) + ".half");
		try (Sqlite other = Sqlite.open(moving)) {
			other.run("begin exclusive");
			refused("--from", from, "--to", to, "Another command is writing " + moving + ": wait for its end.");
			assertThat(moving).exists();
		}
		assertThat(move("--from", from, "--to", to).code()).isZero();
		assertThat(file(to).getParent().toFile().list()).containsExactly("db.sqlite3");
	}

	// What goes wrong

	@ParameterizedTest
	@CsvSource({ "SQLITE, POSTGRESQL", "POSTGRESQL, SQLITE" })
	void killedHalfWayItLeavesNothingAndCanBeGivenAgain(Kind source, Kind target) throws Exception {
		String from = source.database();
		String to = target.database();
		Path folder = Service.folder();
		start(from).close();
		addUsers(from, 1_000);
		db(from)
			.sql("""
					insert into session (user_id, created_on, last_used_on, refresh_hash)
					with recursive n (i) as (select 1 union all select i + 1 from n where i < 100000)
					select 1 + i %% 1000, 1700000000, 1700000000, %s from n"""
				.formatted((source == Kind.SQLITE) ? "x'00ff'" : "'\\x00ff'::bytea"))
			.update();
		try (Program killed = Program.start(List.of("move", "--from", from, "--to", to), folder)) {
			killed.awaitError("Copied user: 1,000 rows");
			killed.kill();
			assertThat(killed.exitCode()).isEqualTo(137);
			assertThat(killed.printed()).isEmpty();
		}
		if (target == Kind.SQLITE) {
			assertThat(file(to)).doesNotExist();
		}
		else {
			assertThat(db(to).sql("select count(*) from \"user\"").query(Integer.class).single()).isZero();
		}
		try (Service service = start(from)) {
			service.account();
		}
		try (Program again = Program.start(List.of("move", "--from", from, "--to", to), folder)) {
			assertThat(again.printed()).last().asString().startsWith("Moved. ");
			assertThat(again.errors()).contains("Copied user: 1,001 rows", "Compared session: 100,001 rows");
			assertThat(again.exitCode()).isZero();
		}
		if (target == Kind.SQLITE) {
			assertThat(file(to).getParent().toFile().list()).containsExactly("db.sqlite3");
		}
		start(to).close();
	}

	@Test
	void aServerThatStopsHalfWayLeavesTheSourceAsItWas() throws Exception {
		String from = Kind.SQLITE.database();
		String to = Kind.POSTGRESQL.database();
		makeTables(to);
		try (Service service = start(from)) {
			Outcome move = held(to, "\"user\"", () -> db(to).sql("""
					select pg_terminate_backend(pid) from pg_stat_activity
					where datname = current_database() and wait_event_type = 'Lock'""").query(Boolean.class).single(),
					"--from", from, "--to", to);
			assertThat(move.code()).isEqualTo(1);
			assertThat(move.errors().lines()).last()
				.asString()
				.startsWith("accounts: " + printed(to) + " failed: FATAL: terminating connection");
			service.account();
		}
	}

	@Test
	void aMoveThatIsKilledWhileItMakesTheTablesIsFollowedByOneThatMakesThem() {
		String from = Kind.SQLITE.database();
		String to = Kind.POSTGRESQL.database();
		start(from).close();
		Postgres.endMigrations(db(to));
		Outcome move = move("--from", from, "--to", to);
		assertThat(move.code()).isEqualTo(1);
		assertThat(move.errors().lines()).last()
			.asString()
			.contains("PostgreSQL at " + place(to) + " can't be reached (");
		Postgres.endNoMigrations(db(to));
		assertThat(move("--from", from, "--to", to).output()).contains("Moved. ");
		start(to).close();
	}

	@ParameterizedTest
	@EnumSource
	void aMarkOfTheVersionBeforeIsTakenOff(Kind kind) {
		String from = kind.database();
		start(from).close();
		List<String> before = things(from);
		assertThat(move("--from", from, "--to", kind.other().database()).code()).isZero();
		if (kind == Kind.SQLITE) {
			Map<String, String> triggers = new TreeMap<>();
			db(from).sql("select name, sql from sqlite_master where type = 'trigger'")
				.query((row, number) -> triggers.put(row.getString("name"), row.getString("sql")))
				.list();
			triggers.forEach((name, sql) -> {
				db(from).sql("drop trigger " + name).update();
				db(from).sql(sql.replace("moved to ", "moved to ' || '")).update();
			});
		}
		refused("--from", from, "--to", kind.other().database(),
				printed(from) + " was moved already, to "
						+ db(from).sql("select place from moved").query(String.class).single()
						+ ": `move --check` compares the two, `move --reopen` takes the mark off.");
		assertThat(move("--reopen", from).code()).isZero();
		start(from).close();
		assertThat(things(from)).isEqualTo(before);
	}

	@Test
	void anOldSqliteReadsAFileThatWasMovedAndIsToldWhereTo() throws Exception {
		String from = Kind.SQLITE.database();
		// A quote must not end the words of the mark
		String to = "jdbc:sqlite:" + Service.folder().resolve("it's.sqlite3");
		start(from).close();
		assertThat(move("--from", from, "--to", to).code()).isZero();
		assertThat(db(from).sql("select sql from sqlite_master where type = 'trigger'").query(String.class).list())
			.isNotEmpty()
			.noneMatch((trigger) -> trigger.contains("||"));
		assumeThat(Path.of("/usr/bin/sqlite3")).isExecutable();
		assertThat(sqlite3(file(from), "select place from moved")).isEqualTo(to + "\n");
		assertThat(sqlite3(file(from), "delete from signing_key")).contains("the database was moved to " + to);
	}

	private static String sqlite3(Path file, String sql) throws Exception {
		Process process = new ProcessBuilder("/usr/bin/sqlite3", file.toString(), sql).redirectErrorStream(true)
			.start();
		return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
	}

	@Test
	void aFullDiskLeavesTheSourceAsItWas() throws Exception {
		String from = Kind.SQLITE.database();
		try (SmallDisk disk = SmallDisk.mount(); Service service = start(from)) {
			addUsers(from, 20_000);
			Path file = disk.folder().resolve("db.sqlite3");
			Outcome move = move("--from", from, "--to", "jdbc:sqlite:" + file);
			assertThat(move.code()).isEqualTo(1);
			assertThat(move.errors().lines()).last()
				.asString()
				.isEqualTo("accounts: jdbc:sqlite:" + file
						+ " failed: [SQLITE_FULL] Insertion failed because database is full (database or disk is full).");
			assertThat(disk.folder()).isEmptyDirectory();
			service.account();
		}
	}

	@Test
	void theUserMayComeFromTheSettingsAndNothingOfTheUrlsIsPrinted() throws Exception {
		String from = Kind.SQLITE.database();
		String to = Kind.POSTGRESQL.database();
		start(from).close();
		try (Program program = Program.start(
				List.of("move", "--from", from, "--to", to.replaceFirst("\\?.*", "?password=hunter2")),
				Service.folder(), "SPRING_DATASOURCE_USERNAME=postgres")) {
			assertThat(program.printed()).last().asString().startsWith("Moved. ");
			assertThat(program.exitCode()).isZero();
			assertThat(program.printed() + "" + program.errors()).contains(place(to)).doesNotContain("hunter2");
			assertThat(db(from).sql("select place from moved").query(String.class).single()).isEqualTo(printed(to));
		}
	}

	private static void refusesAWriteOnly(Service service, Account account) {
		Client client = service.client();
		String email = Account.newEmail();
		Answer busy = client.post("/users/", SIGN_UP.formatted(email)).refused(503, "Busy");
		assertThat(busy.header("Retry-After")).isEqualTo("1");
		assertTimeoutPreemptively(AT_ONCE, () -> {
			account.client().get("/users/me/").is(200);
			assertThat(account.client().get("/users/").is(200).body()).doesNotContain(email);
		});
	}

	private static void refusesEveryWrite(Service service, Account account) {
		Account.login(service.client(), account.email(), account.password()).refused(503, "Busy");
		account.client().patch(account.path(), "{\"first_name\": \"L\"}").refused(503, "Busy");
		account.client().delete(account.path()).refused(503, "Busy");
	}

	private static void refusesToStart(String from, String to) {
		String name = from.startsWith("jdbc:sqlite:") ? file(from).toString() : place(from);
		assertThatThrownBy(() -> start(from).close()).rootCause()
			.hasMessage("The database " + name + " was moved to " + printed(to)
					+ ": set SPRING_DATASOURCE_URL to that one, or run `move --reopen` to go back to this one.");
	}

	/**
	 * A move that waits for a lock until that was done: it holds the locks of its own
	 * then.
	 */
	private static Outcome held(String url, String table, Runnable meanwhile, String... arguments) throws Exception {
		CompletableFuture<Outcome> move;
		try (Connection holder = DriverManager.getConnection(url); Statement statement = holder.createStatement()) {
			holder.setAutoCommit(false);
			statement.execute("lock table " + table + " in row exclusive mode");
			move = CompletableFuture.supplyAsync(() -> move(arguments));
			JdbcClient db = db(url);
			while (db.sql("select count(*) from pg_locks where not granted").query(Integer.class).single() == 0) {
				assertThat(move).isNotDone();
			}
			meanwhile.run();
			assertThat(holder.isValid(1)).isTrue();
		}
		return move.get();
	}

	private static void makeTables(String url) throws Exception {
		try (Connection connection = DriverManager.getConnection(url)) {
			Migrations.ofPostgres(connection).migrate();
		}
	}

	/** The service on that database. */
	private static Service start(String url, String... settings) {
		List<String> all = new ArrayList<>(List.of(settings));
		all.add("spring.datasource.url=" + url);
		return Service.start(all.toArray(String[]::new));
	}

	private static Answer login(Service service, Account account) {
		return Account.login(service.client(), account.email(), account.password()).is(200);
	}

	private static Answer refresh(Service service, Answer login) {
		return service.client()
			.post("/auth/refresh/", "{\"refresh_token\": \"%s\"}".formatted(login.text("refresh_token")));
	}

	/**
	 * Users that nobody signed up, but the order of whose emails is another than that of
	 * their ids.
	 */
	private static void addUsers(String url, int number) {
		db(url)
			.sql("""
					insert into "user" (first_name, last_name, email, password, created_on)
					with recursive n (i) as (select 1 union all select i + 1 from n where i < %s)
					select 'Žofie', 'Nová', (i * 7919) %% 104729 || 'ž@example.com', '{noop}', 1700000000 + i from n"""
				.formatted(number))
			.update();
	}

	private static JdbcClient db(String url) {
		return JdbcClient.create(new DriverManagerDataSource(url));
	}

	/** The names of everything there is. */
	private static List<String> things(String url) {
		return db(url).sql(url.startsWith("jdbc:sqlite:") ? "select name from sqlite_master order by 1" : """
				select relname from pg_class where relnamespace = 'public'::regnamespace
				union all select proname from pg_proc where pronamespace = 'public'::regnamespace
				union all select tgname from pg_trigger where not tgisinternal order by 1""")
			.query(String.class)
			.list();
	}

	static Path file(String url) {
		return Path.of(url.replace("jdbc:sqlite:", "")).normalize();
	}

	private static String place(String url) {
		return url.replaceAll("jdbc:postgresql://|\\?.*", "");
	}

	/** The URL as it may be printed. */
	private static String printed(String url) {
		return url.replaceFirst("\\?.*", "");
	}

	/** Asserts that the command changes nothing and says why in that sentence. */
	private static void refused(String... argumentsAndSentence) {
		int last = argumentsAndSentence.length - 1;
		Outcome move = move(List.of(argumentsAndSentence).subList(0, last).toArray(String[]::new));
		assertThat(move.code()).isEqualTo(1);
		assertThat(move.errors().lines()).last().isEqualTo("accounts: " + argumentsAndSentence[last]);
		assertThat(move.output()).doesNotContain("Moved");
	}

	private static Outcome move(String... arguments) {
		return Outcome.of(new Move(), arguments);
	}

}
