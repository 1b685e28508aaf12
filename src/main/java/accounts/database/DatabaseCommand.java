package accounts.database;

import java.io.PrintWriter;
import java.util.concurrent.Callable;

import accounts.start.StartRefused;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

/** A command on whole databases, which says in one sentence why it fails. */
abstract class DatabaseCommand implements Callable<Integer> {

	@Spec
	private @Nullable CommandSpec command;

	@Override
	public Integer call() {
		LoggingSystem logging = LoggingSystem.get(DatabaseCommand.class.getClassLoader());
		logging.setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.WARN);
		// What fails is told in one sentence
		logging.setLogLevel("org.flywaydb", LogLevel.OFF);
		try {
			return run() ? 0 : 1;
		}
		catch (StartRefused ex) {
			err().println("accounts: " + ex.getMessage());
			return 1;
		}
	}

	/** Does it, and tells whether all is as it must be. */
	abstract boolean run();

	Copier copier() {
		return new Copier(out(), err());
	}

	PrintWriter out() {
		return spec().commandLine().getOut();
	}

	PrintWriter err() {
		return spec().commandLine().getErr();
	}

	private CommandSpec spec() {
		if (this.command == null) {
			throw new IllegalStateException("picocli sets it");
		}
		return this.command;
	}

}
