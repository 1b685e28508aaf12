package accounts;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;

/** The whole service, as it is started for real, on a port and in a folder of its own. */
public final class Service implements AutoCloseable {

	private static final AtomicInteger FOLDERS = new AtomicInteger();

	private static Service shared;

	private final ConfigurableApplicationContext context;

	private Service(ConfigurableApplicationContext context) {
		this.context = context;
	}

	/** One for all tests that need no settings or data of their own. */
	public static synchronized Service shared() {
		if (shared == null) {
			shared = start();
		}
		return shared;
	}

	public static Service start(String... settings) {
		return startIn(folder(), settings);
	}

	/**
	 * Starts on what is in the folder: a test may have put a database there, or started
	 * before.
	 */
	public static Service startIn(Path folder, String... settings) {
		Map<String, String> all = new LinkedHashMap<>(Map.of("server.port", "0", "spring.datasource.url", url(folder),
				// A cheap hash: what it costs is of no interest to most tests
				"accounts.password.argon2.memory", "64", "accounts.password.argon2.iterations", "1",
				// All tests come from one address
				"accounts.throttle.logins", "1000000", "accounts.throttle.sign-ups", "1000000",
				"accounts.throttle.refreshes", "1000000"));
		for (String setting : settings) {
			int equals = setting.indexOf('=');
			all.put(setting.substring(0, equals), setting.substring(equals + 1));
		}
		List<String> arguments = new ArrayList<>();
		all.forEach((name, value) -> arguments.add("--" + name + "=" + value));
		return new Service(new SpringApplicationBuilder(Application.class, TimeMachine.class)
			.run(arguments.toArray(String[]::new)));
	}

	/** A new folder under the build's, which holds no database yet. */
	public static Path folder() {
		Path folder = Path.of("target", "services", ProcessHandle.current().pid() + "-" + FOLDERS.incrementAndGet());
		try {
			return Files.createDirectories(folder).toAbsolutePath();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** The database that belongs to the folder: a file in it, or one of PostgreSQL's. */
	public static String url(Path folder) {
		return Postgres.TESTED ? Postgres.url(folder) : "jdbc:sqlite:" + file(folder);
	}

	public static Path file(Path folder) {
		return folder.resolve("db.sqlite3");
	}

	public URI address() {
		int port = ((WebServerApplicationContext) this.context).getWebServer().getPort();
		return URI.create("http://127.0.0.1:" + port);
	}

	/** A client that is nobody yet. */
	public Client client() {
		return new Client(address());
	}

	/** A client that has just signed up and logged in. */
	public Account account() {
		return Account.signUp(client());
	}

	public TestClock clock() {
		return bean(TestClock.class);
	}

	public <T> T bean(Class<T> type) {
		return this.context.getBean(type);
	}

	@Override
	public void close() {
		this.context.close();
	}

	@Configuration(proxyBeanMethods = false)
	static class TimeMachine {

		@Bean
		@Primary
		TestClock testClock() {
			return new TestClock();
		}

	}

}
