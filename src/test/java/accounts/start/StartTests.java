package accounts.start;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import accounts.Account;
import accounts.Application;
import accounts.Client;
import accounts.Program;
import accounts.Service;
import accounts.database.Sqlite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What an operator sees of a start, of one that is refused and of the end. */
@ExtendWith(OutputCaptureExtension.class)
@Tag("sqlite")
class StartTests {

	private static final String SIGN_UP = """
			{"first_name": "Ron", "last_name": "Weasley", "email": "ron@example.com", "password": "1234"}""";

	private final Path folder = Service.folder();

	private final Path file = Service.file(this.folder);

	@AfterEach
	void allowDeletion() throws IOException {
		Files.setPosixFilePermissions(this.folder, PosixFilePermissions.fromString("rwxr-xr-x"));
	}

	// The database

	@Test
	void aMissingFolderIsNamed(CapturedOutput output) throws Exception {
		refused(output,
				"The database's folder " + this.folder
						+ "/none does not exist: make it, or set SPRING_DATASOURCE_URL to a file elsewhere.",
				url("none/x.db"));
	}

	@Test
	void aFolderIsNoDatabase(CapturedOutput output) throws Exception {
		refused(output, "The database " + this.folder + " is no file: name a file in SPRING_DATASOURCE_URL.", url(""));
	}

	@Test
	void aDeviceIsNoDatabase(CapturedOutput output) throws Exception {
		refused(output, "The database /dev/null is no file: name a file in SPRING_DATASOURCE_URL.",
				"spring.datasource.url=jdbc:sqlite:/dev/null");
	}

	@Test
	void aFileOfAnotherKindIsLeftAlone(CapturedOutput output) throws Exception {
		Files.writeString(this.file, "Dear diary, today I wrote no SQLite.\n");
		refused(output, "The file " + this.file
				+ " is no SQLite database: set SPRING_DATASOURCE_URL to a database of this service or to a new file.");
	}

	@Test
	void aDatabaseThatWasCutShortIsLeftAlone(CapturedOutput output) throws Exception {
		byte[] whole = Files.readAllBytes(Service.file(Sqlite.tutorial()));
		Files.write(this.file, Arrays.copyOf(whole, 6000));
		refused(output, "The database " + this.file
				+ " is damaged: restore a backup with `restore --replace`, or set SPRING_DATASOURCE_URL to another file.");
	}

	@Test
	void aDatabaseWithAHoleIsNotStartedOn(CapturedOutput output) throws Exception {
		Service.startIn(this.file.getParent()).close();
		List<String> root;
		try (Sqlite sqlite = Sqlite.open(this.file)) {
			root = sqlite.rows("select rootpage from sqlite_master where name = 'session_of_user'");
		}
		byte[] holed = Files.readAllBytes(this.file);
		Arrays.fill(holed, (Integer.parseInt(root.get(0)) - 1) * 4096, Integer.parseInt(root.get(0)) * 4096, (byte) 0);
		Files.write(this.file, holed);
		assertThatThrownBy(() -> Service.startIn(this.file.getParent()).close()).rootCause()
			.hasMessageMatching(
					"The database .* is damaged \\(.*\\): restore a backup with `restore --replace`, or .*");
		assertThat(this.file).hasBinaryContent(holed);
	}

	@Test
	void garbageThatBeginsLikeADatabaseIsLeftAlone(CapturedOutput output) throws Exception {
		byte[] garbage = new byte[20_000];
		new Random(1).nextBytes(garbage);
		System.arraycopy("SQLite format 3\0".getBytes(StandardCharsets.US_ASCII), 0, garbage, 0, 16);
		Files.write(this.file, garbage);
		refused(output, "The database " + this.file
				+ " is damaged: restore a backup with `restore --replace`, or set SPRING_DATASOURCE_URL to another file.");
	}

	@Test
	void aReadOnlyFileIsLeftAloneEvenByRoot(CapturedOutput output) throws Exception {
		Files.copy(Service.file(Sqlite.tutorial()), this.file);
		Files.setPosixFilePermissions(this.file, PosixFilePermissions.fromString("r--r--r--"));
		refused(output, "The database " + this.file
				+ " is read-only: allow writing, or set SPRING_DATASOURCE_URL to another file.");
	}

	@Test
	void aReadOnlyFolderIsLeftAloneEvenByRoot(CapturedOutput output) throws Exception {
		Files.setPosixFilePermissions(this.folder, PosixFilePermissions.fromString("r-xr-xr-x"));
		refused(output, "The database's folder " + this.folder
				+ " can't be written to: allow it, or set SPRING_DATASOURCE_URL to a file elsewhere.");
	}

	@ParameterizedTest
	@ValueSource(strings = { "delete", "wal" })
	void aDatabaseOfAnotherProgramIsLeftAlone(String journal, CapturedOutput output) throws Exception {
		Sqlite.run(this.file, "pragma journal_mode = " + journal, "create table user (id integer, phone text)",
				"insert into user values (1, '42')");
		refused(output, "The file " + this.file
				+ " belongs to another program: set SPRING_DATASOURCE_URL to a database of this service or to a new file.");
	}

	@Test
	void aSchemaNewerThanTheProgramIsLeftAlone(CapturedOutput output) throws Exception {
		Service.startIn(this.folder).close();
		Sqlite.run(this.file, """
				insert into flyway_schema_history (installed_rank, version, description, type, script, installed_by,
					execution_time, success)
				values (1000, '1000', 'Later', 'JDBC', 'Later', '', 0, 1)""");
		refused(output, "The database " + this.file + " has schema 1000, and this program knows only up to \\d+: "
				+ "start the newer program that made it.");
	}

	@Test
	void aDatabaseThatAnotherProgramHasLockedIsLeftAlone(CapturedOutput output) throws Exception {
		Service.startIn(this.folder).close();
		Sqlite.run(this.file, "pragma journal_mode = delete");
		try (Sqlite other = Sqlite.open(this.file)) {
			other.run("begin exclusive");
			refused(output,
					"The database " + this.file + " is locked by another program: stop that one, then start again.");
			other.run("rollback");
		}
	}

	@Test
	void aDatabaseThatAnotherProgramIsWritingIsLeftAlone(CapturedOutput output) throws Exception {
		Files.copy(Service.file(Sqlite.tutorial()), this.file);
		try (Sqlite other = Sqlite.open(this.file)) {
			other.run("begin immediate");
			assertRefused(output,
					"The database " + this.file + " is locked by another program: stop that one, then start again.");
			other.run("rollback");
			assertThat(other.rows("select count(*) from user")).containsExactly("6");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "jdbc:h2:mem:x", "x.db", "", "postgres://localhost/x" })
	void aDatabaseOfAnotherKindIsRefused(String url, CapturedOutput output) throws Exception {
		refused(output,
				"SPRING_DATASOURCE_URL must begin with jdbc:sqlite: or jdbc:postgresql://, like jdbc:sqlite:db.sqlite3 "
						+ "or jdbc:postgresql://127.0.0.1:5432/accounts.",
				"spring.datasource.url=" + url);
	}

	@ParameterizedTest
	@ValueSource(strings = { "jdbc:sqlite::memory:", "jdbc:sqlite:", "jdbc:sqlite:file:x?mode=memory",
			"jdbc:sqlite:x.db?synchronous=off" })
	void whatNamesNoFileIsNoDatabase(String url, CapturedOutput output) throws Exception {
		refused(output,
				"SPRING_DATASOURCE_URL is " + url + ": it must name a file and nothing more, "
						+ "like jdbc:sqlite:db.sqlite3 or jdbc:sqlite:/var/lib/accounts/db.sqlite3.",
				"spring.datasource.url=" + url);
	}

	@ParameterizedTest
	@ValueSource(strings = { "with space.db", "dåtäbäse 🦉.db", "100%25 #1 & more;.db", "no-ending" })
	void aPathIsTakenAsItStands(String name) {
		SpringApplication.run(Application.class, arguments(url(name))).close();
		assertThat(this.folder.resolve(name)).isNotEmptyFile();
		assertThat(this.folder.toFile().list()).containsExactly(name);
	}

	@Test
	void aPasswordThatIsTakenForAReferenceIsNotPrinted(CapturedOutput output) throws Exception {
		refused(output,
				"A setting refers to \\$\\{x\\}, which has no value: set it, or write \\\\\\$\\{ where no reference is meant.",
				"spring.datasource.url=jdbc:postgresql://127.0.0.1:1/x?password=hunter2${x}");
		assertThat(output).doesNotContain("hunter2");
	}

	@Test
	void aPasswordInFrontOfTheHostIsNotPrinted(CapturedOutput output) throws Exception {
		refused(output,
				"SPRING_DATASOURCE_URL has an @, and the driver of PostgreSQL takes no user and password in front of the "
						+ "host: write it like jdbc:postgresql://127.0.0.1:5432/accounts, and set "
						+ "SPRING_DATASOURCE_USERNAME and SPRING_DATASOURCE_PASSWORD.",
				"spring.datasource.url=jdbc:postgresql://acc:hunter2@127.0.0.1/x");
		assertThat(output).doesNotContain("hunter2");
	}

	// The settings

	@ParameterizedTest
	@ValueSource(strings = { "super-secret-string", "0123456789012345678901234567890",
			"a-string-secret-at-least-256-bits-long", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			"your-256-bit-secret-your-256-bit-secret", "12345678901234567890123456789012",
			"passwordpasswordpasswordpassword1", "my_very_long_and_safe_secret_key" })
	void aWeakSecretIsRefusedWithAWayToMakeAStrongOne(String secret, CapturedOutput output) throws Exception {
		refused(output,
				"ACCOUNTS_TOKEN_SECRET is too weak: it must be 32 random bytes or more: make one with "
						+ "`openssl rand -base64 48`, or leave it out to have one made and kept in the database.",
				"accounts.token.secret=" + secret);
		assertThat(output).doesNotContain(secret);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					accounts.token.secret-previous=short        | ACCOUNTS_TOKEN_SECRET_PREVIOUS is too weak: .*
					accounts.token.lifetime=0s                  | ACCOUNTS_TOKEN_LIFETIME must be .*
					accounts.token.issuer=                      | ACCOUNTS_TOKEN_ISSUER must not be empty: .*
					accounts.token.rotation=1m                  | ACCOUNTS_TOKEN_ROTATION must be .*
					accounts.token.algorithm=RS256              | accounts.token.algorithm is RS256: it must be one of HS256, ES256, EdDSA.
					accounts.session.idle=1m                    | ACCOUNTS_SESSION_IDLE must be .*
					accounts.session.absolute=1d                | ACCOUNTS_SESSION_IDLE .* ACCOUNTS_SESSION_ABSOLUTE .*
					accounts.session.refresh-grace=1h           | ACCOUNTS_SESSION_REFRESH_GRACE must be .*
					accounts.session.per-user=0                 | ACCOUNTS_SESSION_PER_USER must be .*
					accounts.session.status-ttl=0               | ACCOUNTS_SESSION_STATUS_TTL must be .*
					accounts.password.min-length=0              | ACCOUNTS_PASSWORD_MIN_LENGTH must be 1 or more .*
					accounts.password.max-length=63             | ACCOUNTS_PASSWORD_MIN_LENGTH .* ACCOUNTS_PASSWORD_MAX_LENGTH 64 or more.*
					accounts.password.argon2.memory=1           | ACCOUNTS_PASSWORD_ARGON2_MEMORY \\(KiB\\).*
					accounts.password.argon2.memory=999999999   | ACCOUNTS_PASSWORD_ARGON2_MEMORY \\(KiB\\).*
					accounts.password.argon2.iterations=0       | ACCOUNTS_PASSWORD_ARGON2_MEMORY \\(KiB\\).*
					accounts.password.argon2.parallelism=999999 | ACCOUNTS_PASSWORD_ARGON2_MEMORY \\(KiB\\).*
					accounts.cors.origins=app.example.org       | ACCOUNTS_CORS_ORIGINS names app.example.org: each must be an origin .*
					accounts.cors.origins=https://app.example/x | ACCOUNTS_CORS_ORIGINS names https://app.example/x: .*
					accounts.cors.origins=https://a.example/    | ACCOUNTS_CORS_ORIGINS names https://a.example/: .*
					accounts.cors.origins=https://A.example     | ACCOUNTS_CORS_ORIGINS names https://A.example: .*
					accounts.cors.origins=https://a.example:443 | ACCOUNTS_CORS_ORIGINS names https://a.example:443: .*
					accounts.cors.origins=https://*.example.org | ACCOUNTS_CORS_ORIGINS names https://\\*.example.org: .*
					accounts.cors.origins=null                  | ACCOUNTS_CORS_ORIGINS names null: .*
					accounts.cors.origins=*,https://a.example   | ACCOUNTS_CORS_ORIGINS must be either \\* or a list of origins, not both.
					accounts.metrics.port=65536                 | ACCOUNTS_METRICS_PORT is 65536: it must be from 0 to 65535.
					accounts.metrics.port=-1                    | ACCOUNTS_METRICS_PORT is -1: it must be from 0 to 65535.
					accounts.metrics.port=http                  | accounts.metrics.port is http: it must be a whole number.
					accounts.password.refuse-common=maybe       | accounts.password.refuse-common is maybe: it must be true or false.
					accounts.errors.permission-denied=404       | ACCOUNTS_ERRORS_PERMISSION_DENIED must be 401 or 403.
					server.tomcat.threads.max=many              | server.tomcat.threads.max is many: it must be a whole number.
					server.address=nowhere.invalid              | server.address is nowhere.invalid: it must be an address of this machine, like 127.0.0.1.
					server.address=192.0.2.1                    | Port 0 of 192.0.2.1 can't be used .* SERVER_ADDRESS to an address of this machine.
					""")
	void aSettingThatCanNotBeIsNamedWithWhatItMustBe(String setting, String sentence, CapturedOutput output)
			throws Exception {
		refused(output, sentence, setting);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					ACCOUNTS_TOKEN_LIFETIME=abc                      | ACCOUNTS_TOKEN_LIFETIME is abc: it must be a duration like 30s, 15m or 1h.
					ACCOUNTS_PASSWORD_MIN_LENGTH=x                   | ACCOUNTS_PASSWORD_MIN_LENGTH is x: it must be a whole number.
					SERVER_PORT=http                                 | SERVER_PORT is http: it must be a whole number.
					SERVER_PORT=65536                                | SERVER_PORT is 65536: it must be from 0 to 65535.
					SPRING_DATASOURCE_URL=jdbc:sqlite:/nowhere/db    | The database's folder /nowhere does not exist: make it, or set SPRING_DATASOURCE_URL to a file elsewhere.
					""")
	void aRefusedStartEndsTheProgramWithOneSentenceOnStderr(String variable, String sentence) throws Exception {
		try (Program program = Program.start(this.folder, variable)) {
			assertThat(program.exitCode()).isEqualTo(1);
			assertThat(program.errors()).containsExactly("accounts: " + sentence);
			assertThat(program.printed()).isEmpty();
			assertThat(this.folder).isEmptyDirectory();
		}
	}

	@Test
	void aTutorialDatabaseIsLeftAloneWhileAnotherProgramHasThePort(CapturedOutput output) throws Exception {
		Files.copy(Service.file(Sqlite.tutorial()), this.file);
		try (ServerSocket flask = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			refused(output, "Port " + flask.getLocalPort()
					+ " of 127.0.0.1 can't be used \\(Address already in use\\): stop the "
					+ "program that has it, or set SERVER_PORT to a free port and SERVER_ADDRESS to an address of this machine.",
					"server.port=" + flask.getLocalPort());
		}
	}

	@Test
	void metricsNeedAPortThatIsFree(CapturedOutput output) throws Exception {
		try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			refused(output, "Port " + other.getLocalPort()
					+ " of 127.0.0.1 can't be used \\(Address already in use\\): stop the program that has it, or set "
					+ "ACCOUNTS_METRICS_PORT to a free port and ACCOUNTS_METRICS_ADDRESS to an address of this machine.",
					"accounts.metrics.port=" + other.getLocalPort());
		}
	}

	@Test
	void metricsNeedAPortOfTheirOwn(CapturedOutput output) throws Exception {
		int port;
		try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			port = free.getLocalPort();
		}
		refused(output,
				"Port " + port + " of 127.0.0.1 can't be used \\(Address already in use\\): .* "
						+ "ACCOUNTS_METRICS_PORT to a free port .*",
				"server.port=" + port, "accounts.metrics.port=" + port);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void theLogOfADatabaseThatIsGoneIsLeftAlone(boolean empty, CapturedOutput output) throws Exception {
		Path other = Service.folder();
		try (Service service = Service.startIn(other)) {
			service.account();
			Files.copy(log(other), log(this.folder));
		}
		if (empty) {
			Files.createFile(this.file);
		}
		refused(output, "The file " + this.file + "-wal holds the last changes to a database that is no longer at "
				+ this.file + ": put that one back, or move db.sqlite3-wal away to begin without it.");
	}

	@ParameterizedTest
	@ValueSource(strings = { "vacuum into", "backup to", "cp", "another" })
	void aCopyBesideTheLogOfTheDatabaseThatItReplacedIsLeftAlone(String way, CapturedOutput output) throws Exception {
		Path other = Service.folder();
		try (Service service = Service.startIn(other); Sqlite sqlite = Sqlite.open(Service.file(other))) {
			service.account();
			switch (way) {
				case "cp" -> {
					Files.copy(Service.file(other), this.file);
					List<String> number = sqlite.rows("pragma user_version");
					sqlite.rows("pragma wal_checkpoint(truncate)");
					Instant end = Instant.now().plusSeconds(30);
					while (sqlite.rows("pragma user_version").equals(number)) {
						assertThat(Instant.now()).isBefore(end);
					}
				}
				case "another" -> {
					Path third = Service.folder();
					Service.startIn(third).close();
					Files.copy(Service.file(third), this.file);
				}
				default -> sqlite.run(way + " '" + this.file + "'");
			}
			service.account();
			Files.copy(log(other), log(this.folder));
		}
		refused(output,
				"The file " + this.file + "-wal holds the last changes to another database than " + this.file
						+ ", as it was before a copy took its place: put that one back, or move db.sqlite3-wal away "
						+ "to go on with the copy.");
	}

	@Test
	void aDatabaseThatWasCopiedTogetherWithItsLogIsWhole() throws Exception {
		Path other = Service.folder();
		Account account;
		try (Service service = Service.startIn(other)) {
			account = service.account();
			Files.copy(Service.file(other), this.file);
			Files.copy(log(other), log(this.folder));
		}
		try (Service service = Service.startIn(this.folder)) {
			service.client().as(account.token()).get("/users/me/").is(200);
		}
	}

	// Who may read

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void whatTheServiceMakesNobodyElseMayRead(boolean tutorial) throws Exception {
		if (tutorial) {
			Files.copy(Service.file(Sqlite.tutorial()), this.file);
			Files.setPosixFilePermissions(this.file, PosixFilePermissions.fromString("rw-r--r--"));
		}
		try (Service service = Service.startIn(this.folder)) {
			service.account();
			assertThat(permissions()).hasSize(tutorial ? 4 : 3)
				.containsKey("db.sqlite3-wal")
				.allSatisfy((file, rights) -> assertThat(rights).isEqualTo("rw-------"));
		}
	}

	@Test
	void aFileThatOthersMayReadIsToldOfAndKeepsItsPermissions(CapturedOutput output) throws Exception {
		Service.startIn(this.folder).close();
		Files.copy(this.file, this.folder.resolve("db.sqlite3.bak"));
		Service.startIn(this.folder).close();
		assertThat(output.getOut()).doesNotContain("chmod");
		for (String name : List.of("db.sqlite3", "db.sqlite3.bak")) {
			Files.setPosixFilePermissions(this.folder.resolve(name), PosixFilePermissions.fromString("rw-r-----"));
		}
		Service.startIn(this.folder).close();
		assertThat(output.getOut()).containsOnlyOnce("Others may read the signing keys and the password hashes in "
				+ "db.sqlite3, db.sqlite3-shm, db.sqlite3-wal, db.sqlite3.bak: run `chmod 600 '" + this.file + "'*`.");
		assertThat(permissions()).containsEntry("db.sqlite3", "rw-r-----").containsEntry("db.sqlite3.bak", "rw-r-----");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					accounts.password.min-lenght=15 | accounts.password.min-lenght \\(the nearest there is: accounts.password.min-length\\)
					accounts.urls=https://a.example | accounts.urls \\(the nearest there is: accounts.url\\)
					accounts.password.min.length=15 | accounts.password.min.length \\(the nearest there is: accounts.password.min-length\\)
					accounts.token=x                | accounts.token \\(the nearest there is: accounts.\\w+\\)
					""")
	void anUnknownSettingIsNamedWithTheNearestThereIs(String setting, String name, CapturedOutput output)
			throws Exception {
		refused(output, "There is no setting " + name + ": correct it, or take it out.", setting);
	}

	@ParameterizedTest
	@ValueSource(strings = { "hardned", "hardened,prod", "Hardened" })
	void anUnknownProfileIsNamedWithTheKnownOnes(String profiles, CapturedOutput output) throws Exception {
		refused(output,
				"There is no profile (hardned|prod|Hardened): SPRING_PROFILES_ACTIVE may be hardened, or the "
						+ "NAME of a file application-NAME.properties that sets something.",
				"spring.profiles.active=" + profiles);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "accounts.example.org", "ftp://accounts.example.org", "https:", "https:///x",
			"https://ann:hunter2@a.example", "https://a.example/?x=1", "https://a.example/#x", "https://a b" })
	void theUrlOfTheServiceMustBeOne(String url, CapturedOutput output) throws Exception {
		refused(output, "ACCOUNTS_URL is \".*\": it must be the address under which clients reach the service, like "
				+ "https://accounts.example.org.", "accounts.url=" + url);
		assertThat(output).doesNotContain("hunter2");
	}

	@Test
	void settingsMayBeSpeltInAllWaysOfSpringBootAndKubernetesVariablesAreNone() throws Exception {
		Files.writeString(this.folder.resolve("application-blue.properties"), """
				accounts.password.maxLength=100
				accounts.throttle.sign_ups=5
				accounts.cors.origins[1]=https://b.example
				""");
		try (Program program = Program.start(List.of("--accounts.password.askCurrent=true"), this.folder,
				"SPRING_PROFILES_ACTIVE=blue", "ACCOUNTS_PASSWORD_MINLENGTH=15", "ACCOUNTS_PASSWORD_ARGON2_MEMORY=64",
				"ACCOUNTS_PASSWORD_REFUSE_OWN=true", "ACCOUNTS_CORS_ORIGINS_0=https://a.example",
				"SPRING_APPLICATION_JSON={\"accounts\": {\"token\": {\"lifetime\": \"15m\"}}}",
				// What Kubernetes adds beside services called accounts and accounts-db
				"ACCOUNTS_SERVICE_HOST=10.0.0.1", "ACCOUNTS_SERVICE_PORT=5000", "ACCOUNTS_SERVICE_PORT_HTTP=5000",
				"ACCOUNTS_PORT=tcp://10.0.0.1:5000", "ACCOUNTS_PORT_5000_TCP=tcp://10.0.0.1:5000",
				"ACCOUNTS_PORT_5000_TCP_PROTO=tcp", "ACCOUNTS_PORT_5000_TCP_PORT=5000",
				"ACCOUNTS_PORT_5000_TCP_ADDR=10.0.0.1", "ACCOUNTS_DB_SERVICE_HOST=10.0.0.2",
				"ACCOUNTS_DB_PORT=tcp://10.0.0.2:5432")) {
			program.address();
			program.terminate();
			assertThat(program.printed())
				.anyMatch((line) -> line.contains("Passwords: 15 to 100 characters, no names or emails"));
			assertThat(program.errors()).isEmpty();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "serve", "rotate-keys", "move" })
	void aCommandTellsWhatTheServiceTells(String command) throws Exception {
		List<String> arguments = command.equals("move") ? List.of("move", "--reopen", "jdbc:sqlite:db.sqlite3")
				: List.of(command, "--accounts.url=https://a.example");
		Files.writeString(this.folder.resolve("application.properties"), "accounts.urll=x");
		try (Program program = Program.start(arguments, this.folder, "ACCOUNTS_PASSWORD_MIN_LENGHT=15",
				"ACCOUNTS_PASSWORDMINLENGTH=15")) {
			assertThat(program.exitCode()).isEqualTo(1);
			assertThat(program.errors()).singleElement()
				.asString()
				.startsWith("accounts: There is no setting ACCOUNTS_")
				.contains("ACCOUNTS_PASSWORD_MIN_LENGHT (the nearest there is: ACCOUNTS_PASSWORD_MIN_LENGTH), ",
						"ACCOUNTS_PASSWORDMINLENGTH (the nearest there is: ACCOUNTS_PASSWORD_MIN_LENGTH), ")
				.endsWith(", accounts.urll (the nearest there is: accounts.url): correct it, or take it out.");
			assertThat(program.printed()).isEmpty();
		}
		assertThat(this.folder.toFile().list()).containsExactly("application.properties");
	}

	// Up, and down again

	@Test
	void theFirstStartTellsTheOperatorWhatThereIs() throws Exception {
		try (Program program = Program.start(this.folder)) {
			URI address = program.address();
			program.terminate();
			assertThat(program.exitCode()).isEqualTo(143);
			assertThat(program.errors()).isEmpty();
			assertThat(program.printed()).map((line) -> line.replaceFirst("^\\S+Z INFO +(.*?) request_id=.*", "$1"))
				.containsExactly("Accounts is up at " + address, "Documentation: " + address + "/docs/",
						"Database: " + this.folder.resolve("db.sqlite3") + " (new)", "Passwords: 1 to 256 characters",
						"Errors: a login tells an unknown email from a wrong password");
		}
		assertThat(this.folder.toFile().list()).containsExactly("db.sqlite3");
	}

	@Test
	void theHardenedProfileIsToldAsWell() throws Exception {
		try (Program program = Program.start(this.folder, "SPRING_PROFILES_ACTIVE=hardened")) {
			program.address();
			program.terminate();
			assertThat(program.printed()).map((line) -> line.replaceFirst("^\\S+Z INFO +(.*?) request_id=.*", "$1"))
				.endsWith("Passwords: 15 to 256 characters, no common ones, no names or emails",
						"Errors: a login does not tell an unknown email from a wrong password");
		}
	}

	@Test
	void toldToStopItAnswersTheRequestInProgressFirst() throws Exception {
		try (Program program = Program.start(this.folder)) {
			URI address = program.address();
			try (Socket socket = new Socket(address.getHost(), address.getPort())) {
				socket.setSoTimeout(30_000);
				BufferedReader answer = new BufferedReader(
						new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
				write(socket, "POST /users/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
						+ SIGN_UP.length() + "\r\nExpect: 100-continue\r\n\r\n");
				assertThat(answer.readLine()).startsWith("HTTP/1.1 100");
				program.terminate();
				awaitClosed(address);
				write(socket, SIGN_UP);
				assertThat(answer.lines().takeWhile((line) -> !line.startsWith("{")))
					.anyMatch((line) -> line.startsWith("HTTP/1.1 201"));
			}
			assertThat(program.exitCode()).isEqualTo(143);
			assertThat(program.errors()).isEmpty();
			assertThat(this.folder.toFile().list()).containsExactly("db.sqlite3");
		}
	}

	@Test
	void anAnsweredSignUpAndItsTokenOutliveACrash() throws Exception {
		String token;
		try (Program program = Program.start(this.folder)) {
			Client client = new Client(program.address());
			client.post("/users/", SIGN_UP).is(201);
			token = Account.login(client, "ron@example.com", "1234").is(200).text("token");
			client.post("/users/", SIGN_UP.replace("ron", "fred")).is(201);
			program.kill();
		}
		try (Service again = Service.startIn(this.folder)) {
			again.client().as(token).get("/users/me/").is(200);
			Account.login(again.client(), "fred@example.com", "1234").is(200);
		}
	}

	private void refused(CapturedOutput output, String sentence, String... settings) throws IOException {
		Map<String, String> before = files();
		assertRefused(output, sentence, settings);
		assertThat(files()).isEqualTo(before);
	}

	private void assertRefused(CapturedOutput output, String sentence, String... settings) {
		int printed = output.getOut().length();
		assertThatThrownBy(() -> SpringApplication.run(Application.class, arguments(settings)).close());
		assertThat(output.getErr().lines()).singleElement().asString().matches("\\Qaccounts: \\E" + pattern(sentence));
		assertThat(output.getOut().substring(printed)).isEmpty();
	}

	private String[] arguments(String... settings) {
		Map<String, String> all = new TreeMap<>(
				Map.of("server.port", "0", "spring.datasource.url", "jdbc:sqlite:" + this.file));
		for (String setting : settings) {
			int equals = setting.indexOf('=');
			all.put(setting.substring(0, equals), setting.substring(equals + 1));
		}
		return all.entrySet()
			.stream()
			.map((setting) -> "--" + setting.getKey() + "=" + setting.getValue())
			.toArray(String[]::new);
	}

	/** A sentence with the dots and question marks of a path or URL in it. */
	private static String pattern(String sentence) {
		return sentence.replaceAll("\\.(?!\\*)", "\\\\.").replace("?", "\\?");
	}

	private static Path log(Path folder) {
		return folder.resolve("db.sqlite3-wal");
	}

	private String url(String name) {
		return "spring.datasource.url=jdbc:sqlite:" + this.folder + "/" + name;
	}

	private Map<String, String> permissions() throws IOException {
		Map<String, String> permissions = new TreeMap<>();
		for (String name : this.folder.toFile().list()) {
			permissions.put(name,
					PosixFilePermissions.toString(Files.getPosixFilePermissions(this.folder.resolve(name))));
		}
		return permissions;
	}

	/** All files by name, and what is in them. */
	private Map<String, String> files() throws IOException {
		Map<String, String> files = new TreeMap<>();
		try (Stream<Path> list = Files.list(this.folder)) {
			for (Path each : (Iterable<Path>) list::iterator) {
				files.put(each.getFileName().toString(), Files.readString(each, StandardCharsets.ISO_8859_1));
			}
		}
		return files;
	}

	private static void write(Socket socket, String text) throws IOException {
		socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
	}

	private static void awaitClosed(URI address) throws IOException {
		long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
		while (System.nanoTime() < deadline) {
			try {
				new Socket(address.getHost(), address.getPort()).close();
			}
			catch (ConnectException ex) {
				return;
			}
			catch (SocketException ex) {
				// Nobody had accepted it yet when the port was closed; the next is
				// refused
			}
		}
		throw new AssertionError("Still open");
	}

}
