package accounts;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

import accounts.auth.RotateKeys;
import accounts.database.Backup;
import accounts.database.Move;
import accounts.database.Restore;
import accounts.start.Secrets;
import accounts.start.SettingArguments;
import accounts.start.StartFailures;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/** What the program can be told to do; help and wrong usage need no start of Spring. */
@Command(name = "java -jar accounts.jar", scope = ScopeType.INHERIT,
		description = "User accounts and JWT tokens over HTTP. Without a command, it serves.",
		subcommands = { Commands.Serve.class, RotateKeys.class, Backup.class, Restore.class, Move.class,
				HelpCommand.class },
		mixinStandardHelpOptions = true, versionProvider = Commands.class, optionListHeading = "%nOptions:%n",
		commandListHeading = "%nCommands:%n", exitCodeListHeading = "%nExit codes:%n",
		exitCodeList = { "0:done", "1:refused or failed, for the reason on stderr", "2:wrong usage" })
class Commands implements IVersionProvider {

	/** Does what the arguments say and returns the exit code. */
	static int run(String... arguments) {
		// What the launcher's build has found out are the beans of the service alone
		System.setProperty("spring.aot.enabled", "false");
		boolean unnamed = arguments.length > 0 && SettingArguments.isSetting(arguments[0]);
		return new CommandLine(new Commands())
			// Settings look like options, and are not ours to know
			.setUnmatchedOptionsArePositionalParams(true)
			.setUnmatchedOptionsAllowedAsOptionParameters(false)
			.setExpandAtFiles(false)
			.setParameterExceptionHandler((ex, all) -> wrongUsage(ex))
			.setExecutionExceptionHandler((ex, command, all) -> failed(ex))
			.execute(unnamed ? Stream.concat(Stream.of("serve"), Stream.of(arguments)).toArray(String[]::new)
					: arguments);
	}

	/** Told by the build, in a jar or not. */
	@Override
	public String[] getVersion() throws IOException {
		Properties properties = new Properties();
		try (InputStream file = Commands.class.getResourceAsStream("/application.properties")) {
			properties.load(file);
		}
		return new String[] { "accounts " + properties.getProperty("spring.application.version") };
	}

	private static int wrongUsage(ParameterException ex) {
		CommandLine command = ex.getCommandLine();
		String reason = String.valueOf(ex.getMessage()).replaceFirst("\\.$", "");
		if (ex instanceof UnmatchedArgumentException unmatched) {
			String first = unmatched.getUnmatched().get(0);
			String kind = first.startsWith("-") ? "option"
					: command.getSubcommands().isEmpty() ? "argument" : "command";
			// A URL without its option may have a password anywhere
			reason = "The " + kind + " \"" + first.replaceFirst("://.*", "://***") + "\" is unknown";
		}
		System.err.println("accounts: " + Secrets.hide(reason) + ": see `" + command.getCommandSpec().qualifiedName()
				+ " --help`.");
		return ExitCode.USAGE;
	}

	private static int failed(Exception ex) {
		if (!new StartFailures().reportException(ex)) {
			LoggerFactory.getLogger(Commands.class).error("The command failed", ex);
		}
		return ExitCode.SOFTWARE;
	}

	/** Knows only what is wrong: without that, the program serves before it gets here. */
	@Command(name = "serve", description = { "Serves until it is stopped: the default." },
			footerHeading = "%nSettings, which can be environment variables as well, and their defaults:%n%n",
			footer = """
					  SERVER_PORT=5000
					      where it listens
					  SERVER_ADDRESS=127.0.0.1
					      0.0.0.0 lets other machines in: put a proxy with HTTPS in front
					  ACCOUNTS_PROXIES
					      whose X-Forwarded-For or Forwarded says who the client is, such as 10.1.0.0/16
					  SPRING_DATASOURCE_URL=jdbc:sqlite:db.sqlite3
					      the database file, or jdbc:postgresql://host:5432/database
					  ACCOUNTS_TOKEN_SECRET
					      signs the tokens; made and kept in the database if it is left out
					  ACCOUNTS_TOKEN_LIFETIME=1h
					      how long a token holds, such as 15m or 30d
					  ACCOUNTS_TOKEN_ALGORITHM=HS256
					      ES256 or EdDSA: other services verify tokens with public keys
					  ACCOUNTS_PASSWORD_MIN_LENGTH=1
					      the fewest characters of a new password; 15 is good advice
					  SPRING_PROFILES_ACTIVE
					      hardened does what the standards ask for beyond the tutorial
					  LOGGING_STRUCTURED_FORMAT_CONSOLE
					      ecs, logstash or gelf: the log as JSON lines

					As an argument SERVER_PORT=8080 is --server.port=8080.
					All requests are described at /docs/ of the service: http://127.0.0.1:5000/docs/""")
	static class Serve implements Callable<Integer> {

		@Mixin
		private final SettingArguments settings = new SettingArguments();

		@Override
		public Integer call() {
			throw this.settings.unknown();
		}

	}

}
