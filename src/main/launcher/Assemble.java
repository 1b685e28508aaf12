import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Makes the folder that the launcher starts from: the jar in pieces, and an archive of the
 * classes that a start and the first requests load, taken down while they do. The build
 * runs it with the Java that the archive is then good for.
 */
class Assemble {

	private static final Path JAVA = Path.of(System.getProperty("java.home"));

	/** Whether this Java has an AOT cache, which keeps what it learnt while it ran (JEP 515). */
	private static final boolean LEARNS = Runtime.version().feature() >= 25;

	/** Whether its archives are good for another folder than where they were made (JDK-8279366). */
	private static final boolean MOVES = Runtime.version().feature() >= 19;

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final HttpClient CLIENT = HttpClient.newBuilder().connectTimeout(PATIENCE).build();

	/** Takes the jar, the launcher and the folder. */
	public static void main(String[] args) throws Exception {
		Path folder = Path.of(args[2]).toAbsolutePath();
		delete(folder);
		java(List.of("-Djarmode=tools", "-jar", args[0], "extract", "--destination", folder.toString()));
		Path source = Path.of(args[1]);
		if (!LEARNS) {
			desugar(folder, source.resolveSibling("Desugar.java"));
		}
		Path launcher = Files.copy(source, folder.resolve("accounts"), StandardCopyOption.COPY_ATTRIBUTES);
		Path work = Files.createTempDirectory("accounts-training");
		try {
			train(launcher, work);
			Files.copy(JAVA.resolve("release"), folder.resolve("made-by"));
			if (!MOVES) {
				Files.writeString(folder.resolve("made-in"), folder.toRealPath() + "\n");
			}
		}
		catch (IOException ex) {
			System.err.println("Without an archive the service starts more slowly: " + ex.getMessage());
		}
		finally {
			delete(work);
		}
	}

	private static void java(List<String> arguments) throws IOException, InterruptedException {
		List<String> command = new ArrayList<>(List.of(JAVA.resolve("bin/java").toString()));
		command.addAll(arguments);
		if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
			throw new IOException("This failed: " + String.join(" ", command));
		}
	}

	/** What an AOT cache would keep linked need not be linked. */
	private static void desugar(Path folder, Path program) throws IOException, InterruptedException {
		try (Stream<Path> files = Files.walk(folder)) {
			List<String> jars = files.map(Path::toString).filter((file) -> file.endsWith(".jar")).toList();
			String asm = jars.stream().filter((jar) -> jar.matches(".*/spring-core-[^/]*")).findAny().orElseThrow();
			List<String> arguments = new ArrayList<>(List.of("-cp", asm, program.toString()));
			arguments.addAll(jars);
			java(arguments);
		}
	}

	private static void train(Path launcher, Path work) throws IOException, InterruptedException {
		Path folder = launcher.getParent();
		Path log = work.resolve("log");
		ProcessBuilder service = new ProcessBuilder(launcher.toString()).directory(work.toFile())
			.redirectErrorStream(true)
			.redirectOutput(log.toFile());
		// What is set for whoever builds is not for this
		service.environment().keySet().removeIf((name) -> name.matches("(SPRING|SERVER|ACCOUNTS|LOGGING)_.*"));
		service.environment().put("SERVER_PORT", "0");
		service.environment().put("JAVA_HOME", JAVA.toString());
		// The launcher will give this Java the option to trim, once that has trained with it
		service.environment()
			.put("JAVA_OPTS", "-Dorg.sqlite.tmpdir=. -XX:TrimNativeHeapInterval=1000 " + (LEARNS
					? "-XX:AOTCacheOutput=" + folder.resolve("accounts.aot")
					: "-XX:ArchiveClassesAtExit=" + folder.resolve("accounts.jsa")));
		Process process = service.start();
		try {
			use(address(process, log));
			keepLibrary(work, folder.resolve("lib").resolve(System.mapLibraryName("sqlitejdbc")));
			process.destroy();
			if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
				throw new IOException("the service did not stop");
			}
		}
		catch (IOException ex) {
			throw new IOException(ex.getMessage() + ": " + Files.readString(log), ex);
		}
		finally {
			process.destroyForcibly();
		}
	}

	/** Where the service says that it is. */
	private static URI address(Process process, Path log) throws IOException, InterruptedException {
		Pattern up = Pattern.compile("Accounts is up at (http://\\S+)");
		for (long end = System.nanoTime() + PATIENCE.toNanos(); process.isAlive() && System.nanoTime() < end;) {
			Matcher line = up.matcher(Files.readString(log));
			if (line.find()) {
				return URI.create(line.group(1));
			}
			Thread.sleep(50);
		}
		throw new IOException("the service did not start");
	}

	/**
	 * Does what clients would, once to have the classes loaded. Newer Javas also take down
	 * which code was worth compiling and how it behaved, and go by that: they need so many
	 * requests, as what they learn of a few makes them slower than nothing would.
	 */
	private static void use(URI address) throws IOException, InterruptedException {
		String login = "{\"email\": \"ann@example.org\", \"password\": \"1234\"}";
		send(address, "POST", "/users/", "", "{\"first_name\": \"Ann\", \"last_name\": \"Lee\", " + login.substring(1));
		String answer = send(address, "POST", "/auth/get-token/", "", login);
		String token = answer.replaceFirst(".*\"token\":\"([^\"]*)\".*", "$1");
		String refresh = answer.replaceFirst(".*\"refresh_token\":\"([^\"]*)\".*", "$1");
		for (int round = 0; round < (LEARNS ? 2_000 : 1); round++) {
			for (String path : new String[] { "/users/1/", "/users/me/", "/users/", "/users/?limit=1",
					"/auth/sessions/" }) {
				send(address, "GET", path, token, "");
			}
			send(address, "PATCH", "/users/1/", token, "{\"first_name\": \"Anna " + round + "\"}");
		}
		send(address, "POST", "/auth/refresh/", "", "{\"refresh_token\": \"" + refresh + "\"}");
		send(address, "GET", "/health/", "", "");
		send(address, "POST", "/auth/logout/", token, "");
		send(address, "GET", "/users/", token, "");
	}

	private static String send(URI address, String method, String path, String token, String body)
			throws IOException, InterruptedException {
		HttpRequest.Builder request = HttpRequest.newBuilder(address.resolve(path))
			.version(HttpClient.Version.HTTP_1_1)
			.timeout(PATIENCE)
			.header("Content-Type", "application/json")
			.method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
		if (!token.isEmpty()) {
			request.header("Authorization", token);
		}
		return CLIENT.send(request.build(), BodyHandlers.ofString()).body();
	}

	/** The driver of SQLite would unpack its native library at each start. */
	private static void keepLibrary(Path work, Path library) throws IOException {
		try (Stream<Path> files = Files.list(work)) {
			Path unpacked = files.filter((file) -> file.toString().endsWith(library.getFileName().toString()))
				.findAny()
				.orElseThrow(() -> new IOException("there is no " + library.getFileName()));
			// Its permissions are for one user alone
			Files.write(library, Files.readAllBytes(unpacked));
		}
	}

	private static void delete(Path folder) throws IOException {
		if (Files.exists(folder)) {
			try (Stream<Path> files = Files.walk(folder)) {
				for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
					Files.delete(file);
				}
			}
			catch (UncheckedIOException ex) {
				throw ex.getCause();
			}
		}
	}

}
