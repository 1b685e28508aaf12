package accounts;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The service as its operator sees it: a process with settings and an output. */
public final class ServiceProcess implements AutoCloseable {

	private static final Pattern UP = Pattern.compile("Accounts is up at (http://[0-9.:]+)");

	private final Process process;

	private final Path output;

	private final URI address;

	private ServiceProcess(Process process, Path output) throws IOException, InterruptedException {
		this.process = process;
		this.output = output;
		this.address = address();
	}

	/** Starts in that folder, with a cheap hash, and waits until it is up. */
	public static ServiceProcess startIn(Path folder, String... settings) {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp", classPath(),
						"-Djava.io.tmpdir=" + folder, "accounts.Application", "--server.port=0",
						"--spring.datasource.url=" + Service.url(folder), "--accounts.password.argon2.memory=64"));
		for (String setting : settings) {
			command.add("--" + setting);
		}
		try {
			Path output = Files.createTempFile(folder, "output", ".log");
			return new ServiceProcess(
					new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start(),
					output);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	public Client client() {
		return new Client(this.address);
	}

	/** All that it has printed so far. */
	public String output() {
		try {
			return Files.readString(this.output);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** Stops it as a supervisor would. */
	@Override
	public void close() {
		this.process.destroy();
		try {
			if (!this.process.waitFor(30, TimeUnit.SECONDS)) {
				this.process.destroyForcibly();
				throw new AssertionError("The service did not stop: " + output());
			}
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private URI address() throws InterruptedException {
		long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
		while (System.nanoTime() < end && !this.process.waitFor(50, TimeUnit.MILLISECONDS)) {
			Matcher up = UP.matcher(output());
			if (up.find()) {
				return URI.create(up.group(1));
			}
		}
		this.process.destroyForcibly();
		throw new AssertionError("The service did not start: " + output());
	}

	private static String classPath() {
		return Stream.of(System.getProperty("java.class.path").split(System.getProperty("path.separator"), -1))
			.filter((entry) -> !entry.endsWith("test-classes"))
			.collect(Collectors.joining(System.getProperty("path.separator")));
	}

}
