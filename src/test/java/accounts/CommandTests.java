package accounts;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import accounts.start.SettingArguments;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/** The command line, as an operator meets it. */
@ExtendWith(OutputCaptureExtension.class)
class CommandTests {

	@Test
	void eachCommandHasHelpThatFitsAPlainTerminal(CapturedOutput output) {
		List<String> commands = Pattern.compile("(?m)^  ([a-z-]+)  +\\p{Upper}")
			.matcher(help(output, "--help"))
			.results()
			.map((command) -> command.group(1))
			.toList();
		assertThat(commands).contains("serve", "rotate-keys", "help");
		for (String command : commands) {
			assertThat(help(output, command, "--help")).contains("Usage: java -jar accounts.jar " + command + " ")
				.isEqualTo(help(output, command, "-h"))
				.isEqualTo(help(output, "help", command));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "-h", "help", "--help foo" })
	void helpIsAskedForInSeveralWays(String arguments, CapturedOutput output) {
		assertThat(help(output, arguments.split(" "))).isEqualTo(help(output, "--help"));
	}

	@Test
	void helpOfServeNamesTheSettingsOfTheReadme(CapturedOutput output) throws Exception {
		List<String> settings = Pattern.compile("(?m)^\\| `([A-Z0-9_]+)` \\| (?:`(.+?)`)?")
			.matcher(Files.readString(Path.of("README.md")))
			.results()
			.map((row) -> row.group(1) + ((row.group(2) != null) ? "=" + row.group(2) : ""))
			.toList();
		assertThat(settings).contains("SERVER_PORT=5000", "ACCOUNTS_TOKEN_SECRET");
		assertThat(
				help(output, "serve", "--help").lines().filter((line) -> line.matches("  [A-Z].*")).map(String::strip))
			.containsExactlyElementsOf(settings);
	}

	@ParameterizedTest
	@ValueSource(strings = { "--version", "-V", "serve --version" })
	void theVersionIsThatOfTheBuild(String arguments, CapturedOutput output) throws Exception {
		MatchResult version = Pattern.compile("<artifactId>accounts</artifactId>\\s*<version>(.+)</version>")
			.matcher(Files.readString(Path.of("pom.xml")))
			.results()
			.findFirst()
			.orElseThrow();
		assertThat(Commands.run(arguments.split(" "))).isZero();
		assertThat(output.getOut()).isEqualTo("accounts " + version.group(1) + System.lineSeparator());
		assertThat(output.getErr()).isEmpty();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			serv                      | The command "serv" is unknown           |
			--port=80                 | The option "--port=80" is unknown       |
			-Dserver.port=80          | The option "-Dserver.port=80" is unknown |
			@file                     | The command "@file" is unknown          |
			--                        | Missing required subcommand             |
			help serv                 | Unknown subcommand 'serv'               |
			serve now                 | The argument "now" is unknown           | serve
			serve --port=80           | The option "--port=80" is unknown       | serve
			serve -- --server.port=80 | The option "--" is unknown              | serve
			--server.port 80          | The argument "80" is unknown            | serve
			--server.port=80 serve    | The argument "serve" is unknown         | serve
			rotate-keys now           | The argument "now" is unknown           | rotate-keys
			rotate-keys --force       | The option "--force" is unknown         | rotate-keys
			""")
	void whatIsNotUnderstoodIsNamedInOneSentence(String arguments, String reason, String command,
			CapturedOutput output) {
		assertThat(Commands.run(arguments.split(" "))).isEqualTo(2);
		assertThat(output.getErr().lines()).containsExactly("accounts: " + reason + ": see `java -jar accounts.jar "
				+ ((command != null) ? command + " " : "") + "--help`.");
		assertThat(output.getOut()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "--server.port=80", "--server.port", "--logging.level[a.b]=debug", "--spring.x=a=b c\nd",
			"--debug", "--trace" })
	void springTakesWhatIsASetting(String argument) {
		assertThat(SettingArguments.isSetting(argument)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "serve", "server.port=80", "-Dserver.port=80", "--", "--=a.b", "--.a", "--port=80",
			"--url=http://a.b", "--help", "--debugger" })
	void springIsNotGivenWhatItWouldPassOver(String argument) {
		assertThat(SettingArguments.isSetting(argument)).isFalse();
	}

	@Test
	void servesWithTheSettingsThatAreGivenAsArguments() throws Exception {
		Path folder = Service.folder();
		try (Program program = Program.start(List.of("serve", "--accounts.password.min-length=15"), folder)) {
			new Client(program.address()).get("/health/").is(200);
			program.terminate();
			assertThat(program.printed()).anyMatch((line) -> line.contains("Passwords: 15 to 256 characters"));
			assertThat(program.errors()).isEmpty();
		}
	}

	@ParameterizedTest
	@CsvSource({ "--help, 0", "--port=80, 2" })
	void helpAndWrongUsageStartNothing(String argument, int exitCode) throws Exception {
		Path folder = Service.folder();
		Path classes = folder.resolve("classes.txt");
		try (Program program = Program.command(argument, folder,
				"JDK_JAVA_OPTIONS=-Xlog:class+load:file=" + classes.getFileName())) {
			assertThat(program.exitCode()).isEqualTo(exitCode);
		}
		assertThat(folder.toFile().list()).containsExactly("classes.txt");
		assertThat(Files.readString(classes)).contains(" accounts.Commands ")
			.doesNotContain(" org.springframework.", " ch.qos.logback.", " org.slf4j.");
	}

	@ParameterizedTest
	@ValueSource(strings = { "serve", "rotate-keys" })
	void aStartThatFailsUnforeseenSaysSoInOneSentenceAndWhyInTheLog(String command) throws Exception {
		try (Program program = Program.start(List.of(command, "--spring.config.import=none.properties"),
				Service.folder())) {
			assertThat(program.exitCode()).isEqualTo(1);
			assertThat(program.errors()).singleElement()
				.asString()
				.matches("accounts: Failed for an unforeseen reason \\(\\w+\\): the log has the details\\.");
			assertThat(program.printed()).anyMatch((line) -> line.contains("none.properties"));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "jdbc:postgresql://acc:hunter2@127.0.0.1/x", "jdbc:postgresql://acc:hunter2@127.0.0.1:1/x",
			"jdbc:postgresql://acc:p@hunter2@127.0.0.1:1,127.0.0.1:2/x", "jdbc:postgresql://acc:/hunter2@127.0.0.1/x",
			"jdbc:postgresql://acc:hunter2?@127.0.0.1/x", "jdbc:postgresql://acc:hunter2/x",
			"jdbc:postgresql://acc/hunter2/x", "jdbc:postgresql://hunter2", "postgres://acc:hunter2@127.0.0.1/x",
			"jdbc:postgresql://127.0.0.1:1/x?PassWord=hunter2", "jdbc:postgresql://127.0.0.1:1/x&password=hunter2",
			"jdbc:postgresql://127.0.0.1:1/x?user=acc&password=%hunter2",
			"jdbc:postgresql://127.0.0.1:1/x?sslpassword=hunter2&sslkey=none", "jdbc:sqlite:x.db?password=hunter2",
			"jdbc:sqlite:file://acc:hunter2@127.0.0.1/x" })
	void noPasswordOfAUrlIsEverPrinted(String url, CapturedOutput output) throws Exception {
		assertThat(Commands.run("move", "--from", url, "--to", "jdbc:sqlite:" + Service.file(Service.folder())))
			.isEqualTo(1);
		assertThat(Commands.run("move", "--reopen", url)).isEqualTo(1);
		assertThat(Commands.run("move", url)).isEqualTo(2);
		assertThat(output.getErr().lines()).hasSize(3).allMatch((line) -> line.startsWith("accounts: "));
		assertThat(output).doesNotContain("hunter2");
	}

	@Test
	void aUserInFrontOfTheHostIsRefusedWithWhatToUseInstead(CapturedOutput output) throws Exception {
		assertThat(Commands.run("move", "--reopen", "jdbc:postgresql://acc:hunter2@127.0.0.1/x")).isEqualTo(1);
		assertThat(output.getErr().lines()).containsExactly("accounts: --reopen has an @, and the driver of PostgreSQL "
				+ "takes no user and password in front of the host: write it like "
				+ "jdbc:postgresql://127.0.0.1:5432/accounts, and set SPRING_DATASOURCE_USERNAME and "
				+ "SPRING_DATASOURCE_PASSWORD.");
	}

	/** What is written to stdout alone. */
	private static String help(CapturedOutput output, String... arguments) {
		int before = output.getOut().length();
		assertThat(Commands.run(arguments)).as(Arrays.toString(arguments)).isZero();
		// A service of another test may write to its log meanwhile
		String help = output.getOut().substring(before).replaceAll("(?m)^\\d{4}-\\d\\d-\\d\\dT\\S+ .*\\R", "");
		assertThat(help).contains("Exit codes:", "0   done", "1   refused or failed", "2   wrong usage")
			.matches("[\\p{Print}\\n]+");
		assertThat(help.lines()).allMatch((line) -> line.length() <= 80);
		assertThat(output.getErr()).isEmpty();
		return help;
	}

}
