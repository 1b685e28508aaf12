package accounts;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The service as its operator runs it: a process of its own, in a folder, with its
 * settings in the environment.
 */
public final class Program implements AutoCloseable {

	private final Process process;

	private final Path errors;

	private final List<String> printed = new ArrayList<>();

	private Program(Process process, Path errors) {
		this.process = process;
		this.errors = errors;
	}

	public static Program start(Path folder, String... variables) throws IOException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
						"-XX:+UseSerialGC", "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir")));
		if (Runtime.version().feature() >= 24) {
			command.add("--enable-native-access=ALL-UNNAMED");
		}
		command.addAll(List.of("-cp", classPath(), Application.class.getName()));
		Path errors = Files.createTempFile("stderr", ".txt");
		ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectError(errors.toFile());
		builder.environment()
			.keySet()
			.removeIf((name) -> name.matches("(?i)(spring|server|accounts|logging|java_|jdk_).*"));
		builder.environment().put("SERVER_PORT", "0");
		for (String variable : variables) {
			int equals = variable.indexOf('=');
			builder.environment().put(variable.substring(0, equals), variable.substring(equals + 1));
		}
		return new Program(builder.start(), errors);
	}

	/** What the jar holds: not the tests, whose clock would be found as well. */
	private static String classPath() {
		return Arrays.stream(System.getProperty("java.class.path").split(System.getProperty("path.separator")))
			.filter((entry) -> !Path.of(entry).endsWith("test-classes"))
			.map((entry) -> Path.of(entry).toAbsolutePath().toString())
			.collect(Collectors.joining(System.getProperty("path.separator")));
	}

	/** Waits until it is up. */
	public URI address() throws IOException {
		BufferedReader out = this.process.inputReader();
		String line = "";
		while (!line.contains(" Errors: ")) {
			line = out.readLine();
			assertThat(line).as("%s %s", this.printed, Files.readString(this.errors)).isNotNull();
			this.printed.add(line);
		}
		String up = this.printed.stream().filter((each) -> each.contains("is up at")).findFirst().orElseThrow();
		return URI.create(up.replaceFirst(".* is up at (\\S+).*", "$1"));
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
	public List<String> printed() {
		this.process.inputReader().lines().forEach(this.printed::add);
		return this.printed;
	}

	public List<String> errors() throws IOException {
		return Files.readAllLines(this.errors);
	}

	@Override
	public void close() throws IOException {
		this.process.destroyForcibly().onExit().join();
		Files.delete(this.errors);
	}

}
