package accounts;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The service as its operator runs it: a process of its own, in a folder, with its
 * settings in the environment.
 */
public final class Program implements AutoCloseable {

	private static final Pattern UP = Pattern.compile("is up at (https?://[^\\s\"]+)(?s:.*)Errors: ");

	private final Process process;

	private final Path output;

	private final Path errors;

	private Program(Process process, Path output, Path errors) {
		this.process = process;
		this.output = output;
		this.errors = errors;
	}

	public static Program start(Path folder, String... variables) throws IOException {
		return start(List.of(), folder, variables);
	}

	/** One of the commands there are beside the service. */
	public static Program command(String name, Path folder, String... variables) throws IOException {
		return start(List.of(name), folder, variables);
	}

	/** With these arguments. */
	public static Program start(List<String> arguments, Path folder, String... variables) throws IOException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
						"-XX:+UseSerialGC", "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir")));
		if (Runtime.version().feature() >= 24) {
			command.add("--enable-native-access=ALL-UNNAMED");
		}
		command.addAll(List.of("-cp", classPath(), Application.class.getName()));
		command.addAll(arguments);
		Path output = Files.createTempFile("stdout", ".txt");
		Path errors = Files.createTempFile("stderr", ".txt");
		ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile())
			.redirectOutput(output.toFile())
			.redirectError(errors.toFile());
		builder.environment()
			.keySet()
			.removeIf((name) -> name.matches("(?i)(spring|server|accounts|logging|java_|jdk_).*"));
		builder.environment().put("SERVER_PORT", "0");
		if (Postgres.TESTED) {
			builder.environment().put("SPRING_DATASOURCE_URL", Service.url(folder));
		}
		for (String variable : variables) {
			int equals = variable.indexOf('=');
			builder.environment().put(variable.substring(0, equals), variable.substring(equals + 1));
		}
		return new Program(builder.start(), output, errors);
	}

	/** What the jar holds: not the tests, whose clock would be found as well. */
	private static String classPath() {
		return Arrays.stream(System.getProperty("java.class.path").split(System.getProperty("path.separator")))
			.filter((entry) -> !Path.of(entry).endsWith("test-classes"))
			.map((entry) -> Path.of(entry).toAbsolutePath().toString())
			.collect(Collectors.joining(System.getProperty("path.separator")));
	}

	/** Waits until it is up. */
	public URI address() throws IOException, InterruptedException {
		long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
		while (System.nanoTime() < end && !this.process.waitFor(20, TimeUnit.MILLISECONDS)) {
			Matcher up = UP.matcher(Files.readString(this.output));
			if (up.find()) {
				return URI.create(up.group(1));
			}
		}
		throw new AssertionError(Files.readString(this.output) + Files.readString(this.errors));
	}

	/** Waits until it has written this to stderr. */
	public void awaitError(String text) throws IOException, InterruptedException {
		long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
		while (System.nanoTime() < end && !this.process.waitFor(5, TimeUnit.MILLISECONDS)) {
			if (Files.readString(this.errors).contains(text)) {
				return;
			}
		}
		throw new AssertionError(Files.readString(this.output) + Files.readString(this.errors));
	}

	/** What it has in memory, in MiB, as Linux counts it. */
	public long resident() throws IOException {
		return Files.readAllLines(Path.of("/proc", Long.toString(this.process.pid()), "status"))
			.stream()
			.filter((line) -> line.startsWith("VmRSS:"))
			.mapToLong((line) -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
			.findFirst()
			.orElseThrow();
	}

	/** Asks it to stop, as a supervisor would. */
	public void terminate() {
		this.process.toHandle().destroy();
	}

	/** Ends it as a power cut would. */
	public void kill() throws InterruptedException {
		this.process.destroyForcibly().waitFor();
	}

	/** Waits for its end. */
	public int exitCode() throws InterruptedException {
		assertThat(this.process.waitFor(60, TimeUnit.SECONDS)).isTrue();
		return this.process.exitValue();
	}

	/** All that it wrote to stdout until its end. */
	public List<String> printed() throws IOException, InterruptedException {
		exitCode();
		return Files.readAllLines(this.output);
	}

	public List<String> errors() throws IOException {
		return Files.readAllLines(this.errors);
	}

	@Override
	public void close() throws IOException {
		this.process.destroyForcibly().onExit().join();
		Files.delete(this.output);
		Files.delete(this.errors);
	}

}
