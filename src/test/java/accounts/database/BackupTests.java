package accounts.database;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;

import accounts.Account;
import accounts.Answer;
import accounts.Program;
import accounts.Service;
import accounts.database.MoveTests.Kind;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * The commands {@code backup} and {@code restore}, of and into both kinds of databases.
 */
@Tag("sqlite")
@Timeout(300)
class BackupTests {

	private static final String[] SETTINGS = { "accounts.token.algorithm=ES256",
			"accounts.keys.passphrase=correct horse bättery" };

	// What comes back

	@ParameterizedTest
	@CsvSource({ "SQLITE, POSTGRESQL", "POSTGRESQL, SQLITE" })
	void whatWasRevokedStaysSoAndNoIdComesTwice(Kind source, Kind target) throws Exception {
		String from = source.database();
		String to = target.database();
		Path file = Service.folder().resolve("backup.sqlite3");
		Account luna;
		Answer login;
		Answer later;
		Answer renewal;
		long lastUser;
		String keys;
		try (Service service = start(from)) {
			luna = service.account();
			login = login(service, luna);
			renewal = refresh(service, login).is(200);
			keys = service.client().get("/.well-known/jwks.json").is(200).body();
			backup(file, from).succeeded();
			later = login(service, luna);
			renewal = refresh(service, renewal).is(200);
			lastUser = service.account().id();
		}

		Outcome restore = restore(file, to).succeeded();

		assertThat(restore.output()).startsWith("Restored 1 users, as they were at 20")
			.contains(" from " + file + ".\nAll sessions have ended: ")
			.containsPattern("run `rotate-keys`: ES256 key [0-9a-f]+ of 20[0-9-]+T[0-9:]+Z\\.\n");
		assertThat(count(to, "select count(*) from refreshed")).isZero();
		assertThat(count(to, "select count(*) from known_place")).isZero();
		assertThat(count(to, "select count(*) from session where ended_on is null or ip is not null")).isZero();
		try (Service service = start(to)) {
			assertThat(service.client().get("/.well-known/jwks.json").body()).isEqualTo(keys);
			for (Answer tokens : List.of(login, renewal, later)) {
				service.client().as(tokens.text("token")).get("/users/me/").refused(401, "Authentication failed");
				refresh(service, tokens).refused(401, "Session ended");
			}
			assertThat(login(service, luna).json().path("session_id").longValue())
				.isGreaterThan(later.json().path("session_id").longValue() + 900_000);
			assertThat(service.account().id()).isGreaterThan(lastUser + 900_000);
		}
	}

	@ParameterizedTest
	@EnumSource
	void aBackupHoldsWhatThereWasAtOneMomentWhileOthersWrite(Kind kind) throws Exception {
		String from = kind.database();
		Path folder = Service.folder();
		Path file = folder.resolve("backup.sqlite3");
		AtomicBoolean enough = new AtomicBoolean();
		try (Service service = start(from)) {
			addSessions(from, 20_000);
			long before = count(from, "select count(*) from \"user\"");
			CompletableFuture<Long> writer = CompletableFuture.supplyAsync(() -> {
				long id = 0;
				while (!enough.get()) {
					id = service.account().id();
				}
				return id;
			});
			Outcome backup = backup(file, from).succeeded();
			enough.set(true);
			long last = writer.get();
			List<Long> ids = db("jdbc:sqlite:" + file).sql("select id from \"user\" order by id")
				.query(Long.class)
				.list();
			assertThat(ids).hasSizeBetween((int) before, (int) last)
				.isEqualTo(LongStream.rangeClosed(1, ids.size()).boxed().toList());
			assertThat(backup.output()).startsWith("Wrote " + file + ": " + ids.size() + " users and ");
			service.account().client().get("/users/me/").is(200);
		}
		assertThat(folder.toFile().list()).containsExactly("backup.sqlite3");
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
	}

	@ParameterizedTest
	@EnumSource
	void aBackupOfAnOlderSchemaIsBroughtUpToDate(Kind kind) throws Exception {
		String from = kind.database();
		String to = kind.other().database();
		int older = Migrations.VERSION - 1;
		try (Connection connection = DriverManager.getConnection(from)) {
			Migrations
				.upTo(older,
						(kind == Kind.SQLITE)
								? Migrations.ofSqlite(new SingleConnectionDataSource(connection, true), false)
								: Migrations.ofPostgres(connection))
				.migrate();
		}
		db(from).sql("""
				insert into "user" (first_name, last_name, email, password, created_on)
				values ('A', 'B', 'a@example.com', '{noop}', 0)""").update();
		Path file = Service.folder().resolve("backup.sqlite3");
		backup(file, from).succeeded();
		assertThat(
				count(from, "select count(*) from flyway_schema_history where version = '" + Migrations.VERSION + "'"))
			.isZero();
		restore(file, to).succeeded();
		assertThat(Migrations.version(db(to))).isEqualTo(Migrations.VERSION);
		assertThat(db(to).sql("select email from \"user\"").query(String.class).list())
			.containsExactly("a@example.com");
	}

	@Test
	void theFilesThatWereThereAreMovedAsideTogether() throws Exception {
		Path folder = Service.folder();
		String url = "jdbc:sqlite:" + Service.file(folder);
		Path file = Service.folder().resolve("backup.sqlite3");
		String email;
		try (Service service = start(url)) {
			email = service.account().email();
			backup(file, url).succeeded();
		}
		restore(file, url).refused("The database " + Service.file(folder)
				+ " holds data already: restore into a new or empty one; with --replace a SQLite file is moved aside first.");
		// As a kill would leave it: most of it is in the log
		leaveLog(folder);
		Path old = folder.resolve("db.sqlite3.before-restore");
		assertThat(restore(file, url, "--replace").succeeded().output())
			.contains("The files that were there are in " + old + ": to go back, stop the service and move them back.");
		assertThat(folder.toFile().list()).containsExactlyInAnyOrder("db.sqlite3", "db.sqlite3.before-restore");
		assertThat(old.toFile().list()).contains("db.sqlite3", "db.sqlite3-wal");
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(old))).isEqualTo("rwx------");
		assertThat(emails(url)).containsExactly(email);
		assertThat(emails("jdbc:sqlite:" + old.resolve("db.sqlite3"))).containsExactly(email, "log@example.com");
		start(url).close();
		Files.write(Service.file(folder), new byte[5000]);
		restore(file, url, "--replace").succeeded();
		assertThat(folder.resolve("db.sqlite3.before-restore-2/db.sqlite3")).hasSize(5000);
		assertThat(emails(url)).containsExactly(email);
	}

	// What is cut off

	@Test
	void whereverARestoreIsKilledAmongItsLastStepsTheNextStartDoesTheRest() throws Exception {
		Path origin = Service.folder();
		String url = "jdbc:sqlite:" + Service.file(origin);
		Path file = origin.resolve("backup.sqlite3");
		try (Service service = start(url)) {
			service.account();
			backup(file, url).succeeded();
		}
		Path restored = origin.resolve("restored.sqlite3");
		restore(file, "jdbc:sqlite:" + restored).succeeded();
		List<String> steps = List.of("", "db.sqlite3-wal", "db.sqlite3-shm", "db.sqlite3");
		for (int done = 0; done < steps.size(); done++) {
			Path folder = Service.folder();
			Path old = folder.resolve("db.sqlite3.before-restore");
			try (Service service = start("jdbc:sqlite:" + Service.file(folder))) {
				service.account();
			}
			leaveLog(folder);
			Files.copy(restored, folder.resolve("db.sqlite3.restored"));
			if (done > 0) {
				Files.createDirectory(old);
			}
			for (String step : steps.subList(1, done + 1)) {
				Files.move(folder.resolve(step), old.resolve(step));
			}
			// A version that knows no restore may serve from what is there
			backup(folder.resolve("next.sqlite3"), "jdbc:sqlite:" + Service.file(folder))
				.refused("A restore was stopped when all but moving files was done, and left "
						+ folder.resolve("db.sqlite3.restored") + ": start the service on it, or move it away if the "
						+ "database without it is the one you want.");
			SqliteDatabase.open("jdbc:sqlite:" + Service.file(folder)).close();
			assertThat(emails("jdbc:sqlite:" + Service.file(folder))).isEqualTo(emails("jdbc:sqlite:" + restored));
			assertThat(folder.resolve("db.sqlite3.restored")).doesNotExist();
			assertThat(emails("jdbc:sqlite:" + old.resolve("db.sqlite3"))).hasSize(2).contains("log@example.com");
		}
	}

	@ParameterizedTest
	@EnumSource
	void killedHalfWayABackupOrARestoreLeavesWhatThereWas(Kind kind) throws Exception {
		String url = kind.database();
		Path folder = Service.folder();
		Path file = folder.resolve("backup.sqlite3");
		start(url).close();
		addSessions(url, 100_000);
		Files.writeString(folder.resolve("application.properties"), "spring.datasource.url=" + url);
		try (Program killed = command(folder, "backup", "backup.sqlite3")) {
			killed.awaitError("Copied user: ");
			killed.kill();
			assertThat(file).doesNotExist();
		}
		try (Program stopped = command(folder, "backup", "backup.sqlite3")) {
			stopped.awaitError("Copied user: ");
			stopped.terminate();
			assertThat(stopped.printed()).isEmpty();
			assertThat(folder.toFile().list()).containsExactly("application.properties");
		}
		backup(file, url).succeeded();
		String to = kind.database();
		boolean replaced = kind == Kind.SQLITE;
		if (replaced) {
			start(to).close();
		}
		List<String> tables = List.of("user", "session", "signing_key");
		List<Long> before = new ArrayList<>();
		for (String table : replaced ? tables : List.<String>of()) {
			before.add(count(to, "select count(*) from \"" + table + "\""));
		}
		List<String> arguments = new ArrayList<>(List.of("restore", "--spring.datasource.url=" + to, "backup.sqlite3"));
		if (replaced) {
			arguments.add("--replace");
		}
		try (Program killed = command(folder, arguments.toArray(String[]::new))) {
			killed.awaitError("Copied user: ");
			killed.kill();
		}
		for (int i = 0; i < tables.size(); i++) {
			assertThat(count(to, "select count(*) from \"" + tables.get(i) + "\""))
				.isEqualTo(replaced ? before.get(i) : 0);
		}
		restore(file, to, replaced ? new String[] { "--replace" } : new String[0]).succeeded();
		assertThat(count(to, "select count(*) from session where ended_on is null")).isZero();
		assertThat(count(to, "select count(*) from session")).isEqualTo(100_001);
	}

	@Test
	void aFullDiskLeavesNothingHalf() throws Exception {
		String url = Kind.SQLITE.database();
		try (SmallDisk disk = SmallDisk.mount(); Service service = start(url)) {
			addSessions(url, 20_000);
			Path file = disk.folder().resolve("backup.sqlite3");
			assertThat(backup(file, url).errors()).contains("SQLITE_FULL");
			assertThat(disk.folder()).isEmptyDirectory();
			Path good = Service.folder().resolve("backup.sqlite3");
			backup(good, url).succeeded();
			assertThat(restore(good, "jdbc:sqlite:" + Service.file(disk.folder())).errors()).contains("SQLITE_FULL");
			assertThat(disk.folder()).isEmptyDirectory();
			service.account();
		}
	}

	// What is refused

	@Test
	void aBackupReplacesNothingAndMakesNoDatabase() throws Exception {
		String url = Kind.SQLITE.database();
		Path folder = Service.folder();
		Path missing = folder.resolve("nothing.sqlite3");
		backup(folder.resolve("backup.sqlite3"), "jdbc:sqlite:" + missing)
			.refused("The file " + missing + " does not exist: set SPRING_DATASOURCE_URL to one that does.");
		assertThat(folder).isEmptyDirectory();
		start(url).close();
		Path there = Files.writeString(folder.resolve("there"), "kept");
		Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nowhere"));
		for (Path path : List.of(there, link, MoveTests.file(url))) {
			backup(path, url).refused("The file " + path + " exists already: name another one.");
		}
		assertThat(there).hasContent("kept");
		backup(folder.resolve("none/backup"), url).refused("Nothing can be written to the folder "
				+ folder.resolve("none") + ": make it and allow writing, or name a file elsewhere.");
		assertThat(folder.toFile().list()).containsExactlyInAnyOrder("there", "link");
		assertThat(Outcome.of(new Backup()).code()).isEqualTo(2);
		assertThat(Outcome.of(new Backup(), "--spring.datasource.url=" + url).code()).isEqualTo(2);
		assertThat(Outcome.of(new Restore(), "a", "b").code()).isEqualTo(2);
		assertThat(Outcome.of(new Restore(), "--replac", "a").code()).isEqualTo(2);

		String to = Kind.SQLITE.database();
		assertThat(Outcome.of(new Move(), "--from", url, "--to", to).code()).isZero();
		backup(folder.resolve("old"), url).refused(url + " was moved to " + to + ": what is in use is there.");
	}

	@ParameterizedTest
	@EnumSource
	void aRestoreWaitsForNoServiceToStop(Kind kind) throws Exception {
		String url = Kind.SQLITE.database();
		start(url).close();
		Path file = Service.folder().resolve("backup.sqlite3");
		backup(file, url).succeeded();
		if (kind == Kind.SQLITE) {
			Path folder = Service.folder();
			try (Program service = Program.start(folder)) {
				service.address();
				restore(file, "jdbc:sqlite:" + Service.file(folder), "--replace")
					.refused("The database " + Service.file(folder) + " is in use: stop the service, then try again.");
			}
		}
		else {
			String to = kind.database();
			try (Connection other = DriverManager.getConnection(to + "&ApplicationName=accounts")) {
				assertThat(other.isValid(1)).isTrue();
				assertThat(restore(file, to).errors()).endsWith(
						" is in use, by 1 connections of this service: stop it on every machine, then try again.\n");
			}
			restore(file, to).succeeded();
			restore(file, to).refused("The database " + to.replaceFirst("\\?.*", "")
					+ " holds data already: restore into a new or empty one; with --replace a SQLite file is moved aside first.");
			restore(file, to, "--replace")
				.refused("--replace is for SQLite: restore into an empty database of PostgreSQL.");
		}
	}

	@Test
	void whatIsNoWholeBackupIsNotRestored() throws Exception {
		String url = Kind.SQLITE.database();
		Path folder = Service.folder();
		Path file = folder.resolve("backup.sqlite3");
		try (Service service = start(url)) {
			addSessions(url, 1_000);
			backup(file, url).succeeded();
			// A live file and its log, as cp would copy them
			Files.copy(MoveTests.file(url), folder.resolve("live"));
			Files.copy(Path.of(MoveTests.file(url) + "-wal"), folder.resolve("live-wal"));
			service.account();
		}
		byte[] bytes = Files.readAllBytes(file);
		byte[] holed = bytes.clone();
		Arrays.fill(holed, bytes.length / 2, bytes.length / 2 + 4096, (byte) 0);
		Files.write(folder.resolve("holed"), holed);
		Files.write(folder.resolve("cut"), Arrays.copyOf(bytes, bytes.length - 5000));
		Files.write(folder.resolve("text"), new byte[100]);
		Files.copy(file, folder.resolve("changed"));
		Sqlite.run(folder.resolve("changed"), "update \"user\" set password = '{noop}1' where id = 7");
		Files.copy(file, folder.resolve("newer"));
		Sqlite.run(folder.resolve("newer"),
				"update flyway_schema_history set version = '99' where version = '" + Migrations.VERSION + "'");
		String to = Kind.SQLITE.database();
		for (String damaged : List.of("changed", "holed", "cut")) {
			assertThat(restore(folder.resolve(damaged), to).errors().lines()).last()
				.asString()
				.startsWith("accounts: The backup " + folder.resolve(damaged) + " is damaged (")
				.endsWith("): use another one.");
		}
		restore(folder.resolve("text"), to).refused(
				"The file " + folder.resolve("text") + " is no SQLite database: name one that `backup` has written.");
		restore(folder.resolve("none"), to)
			.refused("There is no file " + folder.resolve("none") + ": name one that `backup` has written.");
		restore(folder.resolve("live"), to)
			.refused("The file " + folder.resolve("live") + " is no backup: it was copied from a running database, as "
					+ "live-wal beside it shows. Name one that `backup` has written.");
		restore(folder.resolve("newer"), to)
			.refused("The database " + folder.resolve("newer") + " has schema 99, and this program knows only up to "
					+ Migrations.VERSION + ": start the newer program that made it.");
		assertThat(MoveTests.file(to).getParent()).isEmptyDirectory();
	}

	@Test
	void aBackupIsRestoredAndNotStartedOn() throws Exception {
		String url = Kind.SQLITE.database();
		start(url).close();
		Path file = Service.folder().resolve("backup.sqlite3");
		backup(file, url).succeeded();
		assertThatThrownBy(() -> start("jdbc:sqlite:" + file)).rootCause()
			.hasMessage("The file " + file + " is a backup, in which what was revoked since is valid: "
					+ "move it to another name, and restore it with `restore`.");
		assertThat(Outcome.of(new Move(), "--from", "jdbc:sqlite:" + file, "--to", Kind.SQLITE.database()).errors())
			.endsWith(
					"accounts: jdbc:sqlite:" + file + " is a backup: give it to `restore`, which ends its sessions.\n");
	}

	@Test
	void aCopyThatAnotherProgramMadeWellIsRestoredToo() throws Exception {
		String url = Kind.SQLITE.database();
		Path file = Service.folder().resolve("copy.sqlite3");
		start(url).close();
		Sqlite.run(MoveTests.file(url), "vacuum into '" + file + "'");
		assertThat(restore(file, Kind.SQLITE.database()).succeeded().output())
			.startsWith("Restored 0 users, as they were when the file was copied, from " + file + ".\n"
					+ "The file was not made by `backup`: that SQLite can read it is all that could be verified.\n");
	}

	/** The service on that database. */
	private static Service start(String url) {
		List<String> all = new ArrayList<>(List.of(SETTINGS));
		all.add("spring.datasource.url=" + url);
		return Service.start(all.toArray(String[]::new));
	}

	private static Program command(Path folder, String... arguments) throws Exception {
		return Program.start(List.of(arguments), folder);
	}

	private static Outcome backup(Path file, String url) {
		return Outcome.of(new Backup(), file.toString(), "--spring.datasource.url=" + url);
	}

	private static Outcome restore(Path file, String url, String... options) {
		List<String> arguments = new ArrayList<>(List.of(options));
		arguments.addAll(List.of("--spring.datasource.url=" + url, file.toString()));
		return Outcome.of(new Restore(), arguments.toArray(String[]::new));
	}

	/** One user more, in the log alone. */
	private static void leaveLog(Path folder) throws Exception {
		Path copy = Service.folder();
		try (Sqlite sqlite = Sqlite.open(Service.file(folder))) {
			sqlite.run("pragma wal_autocheckpoint = 0", """
					insert into "user" (first_name, last_name, email, password, created_on)
					values ('L', 'L', 'log@example.com', '{noop}', 0)""");
			for (String suffix : List.of("", "-wal", "-shm")) {
				Files.copy(Path.of(Service.file(folder) + suffix), copy.resolve("db.sqlite3" + suffix));
			}
		}
		for (String suffix : List.of("", "-wal", "-shm")) {
			Files.move(copy.resolve("db.sqlite3" + suffix), Path.of(Service.file(folder) + suffix),
					StandardCopyOption.REPLACE_EXISTING);
		}
	}

	private static List<String> emails(String url) {
		return db(url).sql("select email from \"user\" order by id").query(String.class).list();
	}

	/** Sessions of users that nobody signed up. */
	private static void addSessions(String url, int number) {
		db(url).sql("""
				insert into "user" (first_name, last_name, email, password, created_on)
				with recursive n (i) as (select 1 union all select i + 1 from n where i < 1000)
				select 'Žofie', 'Nová', i || '@example.com', '{noop}', 1700000000 from n""").update();
		db(url)
			.sql("""
					insert into session (user_id, created_on, last_used_on, ip, refresh_hash)
					with recursive n (i) as (select 1 union all select i + 1 from n where i < ?)
					select 1 + i % 1000, 1700000000, 1700000000, '203.0.113.1',"""
					+ (url.startsWith("jdbc:sqlite:") ? " x'00ff'" : " '\\x00ff'::bytea") + " from n")
			.param(number)
			.update();
	}

	private static Answer login(Service service, Account account) {
		return Account.login(service.client(), account.email(), account.password()).is(200);
	}

	private static Answer refresh(Service service, Answer login) {
		return service.client().post("/auth/refresh/", "{\"refresh_token\": \"" + login.text("refresh_token") + "\"}");
	}

	private static long count(String url, String sql) {
		return db(url).sql(sql).query(Long.class).single();
	}

	private static JdbcClient db(String url) {
		return JdbcClient.create(new DriverManagerDataSource(url));
	}

}
