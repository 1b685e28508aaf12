package accounts.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import accounts.Service;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

/**
 * What moving a million users with two million sessions takes, from SQLite to PostgreSQL
 * and back, and what a backup of each and its restore take: seconds, and the most memory
 * that the command had at any time. Everything shares the machine; PostgreSQL is as it
 * comes, with fsync.
 * <p>
 * Usage: java -cp ... accounts.bench.MoveCosts target/accounts.jar
 */
public final class MoveCosts {

	private static final int USERS = 1_000_000;

	private static final String URL = "--spring.datasource.url=";

	private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");

	private MoveCosts() {
	}

	public static void main(String[] arguments) throws Exception {
		Path folder = Service.folder();
		String first = Service.url(folder);
		Service.startIn(folder).close();
		try (Connection file = DriverManager.getConnection(first); Statement statement = file.createStatement()) {
			fill(statement);
		}
		System.out.printf("The file has %,d MB%n", Files.size(Service.file(folder)) / 1_000_000);
		try (EmbeddedPostgres server = EmbeddedPostgres.builder().setServerConfig("fsync", "on").start()) {
			String middle = "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/postgres?user=postgres";
			run(arguments[0], "move", "--from", first, "--to", middle);
			run(arguments[0], "move", "--from", middle, "--to", "jdbc:sqlite:" + folder.resolve("back.sqlite3"));
			String file = folder.resolve("backup.sqlite3").toString();
			run(arguments[0], "backup", file, URL + "jdbc:sqlite:" + folder.resolve("back.sqlite3"));
			run(arguments[0], "restore", file, URL + "jdbc:sqlite:" + folder.resolve("restored.sqlite3"));
			run(arguments[0], "backup", file + "2", URL + middle);
			try (Connection postgres = DriverManager.getConnection(middle);
					Statement statement = postgres.createStatement()) {
				statement.execute("create database restored");
			}
			run(arguments[0], "restore", file + "2", URL + middle.replace("/postgres?", "/restored?"));
		}
		System.exit(0);
	}

	/** Emails and hashes come in another order than ids, as in life. */
	private static void fill(Statement statement) throws SQLException {
		statement.executeUpdate("""
				insert into "user" (first_name, last_name, email, password, created_on)
				with recursive n (i) as (select 1 union all select i + 1 from n where i < %d)
				select 'Luna', 'Lovegood', lower(hex(randomblob(6))) || '.' || i || '@example.com',
					'{argon2}$argon2id$v=19$m=19456,t=2,p=1$' || lower(hex(randomblob(11))) || '$'
						|| substr(lower(hex(randomblob(22))), 1, 43), 1700000000 + i
				from n""".formatted(USERS));
		statement.executeUpdate(
				"""
						insert into session (user_id, created_on, last_used_on, user_agent, ip, refresh_hash)
						with recursive n (i) as (select 1 union all select i + 1 from n where i < %d)
						select 1 + i %% %d, 1790000000 + i, 1790000000 + i,
							'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
							'203.0.113.' || i %% 256, randomblob(32)
						from n"""
					.formatted(2 * USERS, USERS));
	}

	private static void run(String jar, String... command) throws IOException, InterruptedException {
		long began = System.nanoTime();
		List<String> all = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m", "-jar", jar));
		all.addAll(List.of(command));
		Process process = new ProcessBuilder(all).inheritIO().start();
		long peak = 0;
		while (process.isAlive()) {
			peak = Math.max(peak, peak(process));
			process.waitFor(100, TimeUnit.MILLISECONDS);
		}
		System.out.printf(command[0] + ": %.0f seconds, %d MiB resident at most, exit code %d%n",
				(System.nanoTime() - began) / 1e9, peak / 1024, process.exitValue());
	}

	/** In KiB. */
	private static long peak(Process process) {
		try {
			Matcher matcher = PEAK.matcher(Files.readString(Path.of("/proc/" + process.pid() + "/status")));
			return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
		}
		catch (IOException ex) {
			return 0;
		}
	}

}
