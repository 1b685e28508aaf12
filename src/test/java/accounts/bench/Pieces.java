package accounts.bench;

import java.util.Collection;
import java.util.Locale;

import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs what is annotated with {@code @Benchmark} in a JVM of its own each, and prints a
 * table; takes the options of JMH.
 */
public final class Pieces {

	private Pieces() {
	}

	public static void main(String[] arguments) throws Exception {
		Collection<RunResult> results = new Runner(new OptionsBuilder().parent(new CommandLineOptions(arguments))
			.verbosity(VerboseMode.SILENT)
			.shouldFailOnError(true)
			.build()).run();
		System.out.println("| | µs a call | ± |");
		System.out.println("|---|---|---|");
		for (RunResult result : results) {
			Result<?> primary = result.getPrimaryResult();
			String algorithm = result.getParams().getParam("algorithm");
			double micros = primary.getScoreUnit().startsWith("ns") ? 1e-3 : 1;
			System.out.printf(Locale.ROOT, "| %s%s | %.2f | %.2f |%n", primary.getLabel(),
					(algorithm != null) ? ", " + algorithm : "", primary.getScore() * micros,
					primary.getScoreError() * micros);
		}
	}

}
