package accounts.database;

import java.io.PrintWriter;
import java.io.StringWriter;

import picocli.CommandLine;

import static org.assertj.core.api.Assertions.assertThat;

/** How a command ended, and what it printed. */
public record Outcome(int code, String output, String errors) {

	public static Outcome of(Object command, String... arguments) {
		StringWriter output = new StringWriter();
		StringWriter errors = new StringWriter();
		int code = new CommandLine(command).setUnmatchedOptionsArePositionalParams(true)
			.setOut(new PrintWriter(output))
			.setErr(new PrintWriter(errors))
			.execute(arguments);
		return new Outcome(code, output.toString(), errors.toString());
	}

	public Outcome succeeded() {
		assertThat(this.code).as(this.errors).isZero();
		return this;
	}

	/** Asserts that it failed for that reason. */
	public void refused(String sentence) {
		assertThat(this.errors.lines()).last().isEqualTo("accounts: " + sentence);
		assertThat(this.code).isEqualTo(1);
		assertThat(this.output).isEmpty();
	}

}
