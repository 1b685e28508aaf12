package accounts;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

/** A real PostgreSQL server of the tests' own, with a database for whoever wants one. */
public final class Postgres {

	/** Whether the service is tested on it, and not on SQLite. */
	public static final boolean TESTED = "postgresql".equals(System.getProperty("accounts.test.database"));

	private static final Map<Path, String> DATABASES = new ConcurrentHashMap<>();

	private static EmbeddedPostgres shared;

	private Postgres() {
	}

	/** The URL of the folder's database, an empty one at first. */
	public static String url(Path folder) {
		return DATABASES.computeIfAbsent(folder,
				(path) -> create("test" + path.getFileName().toString().replace("-", "_")));
	}

	/** The URL of a new database of its own, made with these options. */
	public static String create(String name, String... options) {
		try (Connection connection = server().getPostgresDatabase().getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("create database " + name + " " + String.join(" ", options));
			return "jdbc:postgresql://127.0.0.1:" + server().getPort() + "/" + name + "?user=postgres";
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static synchronized EmbeddedPostgres server() {
		if (shared == null) {
			try {
				shared = EmbeddedPostgres.builder()
					.setServerConfig("max_connections", "1000")
					.setServerConfig("fsync", "off")
					.start();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}
		return shared;
	}

}
