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

import org.springframework.jdbc.core.simple.JdbcClient;

/** A real PostgreSQL server of the tests' own, with a database for whoever wants one. */
public final class Postgres {

	/** Whether the service is tested on it, and not on SQLite. */
	public static final boolean TESTED = "postgresql".equals(System.getProperty("test.database"));

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

	/** From now on the server ends each connection at the commit of a migration. */
	public static void endMigrations(JdbcClient database) {
		database.sql("""
				create schema ending;
				create function ending.end_connection() returns trigger language plpgsql as $$ begin
					perform pg_terminate_backend(pg_backend_pid());
					perform pg_sleep(10);
					return null;
				end $$;
				create function ending.watch() returns event_trigger language plpgsql as $$ begin
					if to_regclass('flyway_schema_history') is not null
							and not exists (select from pg_trigger where tgname = 'ending') then
						create constraint trigger ending after insert on flyway_schema_history
							deferrable initially deferred for each row execute function ending.end_connection();
					end if;
				end $$;
				create event trigger ending on ddl_command_end execute function ending.watch()""").update();
	}

	/** Undoes that. */
	public static void endNoMigrations(JdbcClient database) {
		database.sql("drop schema ending cascade").update();
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
