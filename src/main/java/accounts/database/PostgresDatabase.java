package accounts.database;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.util.Properties;
import java.util.Set;
import java.util.function.Supplier;

import javax.sql.DataSource;

import accounts.start.StartRefused;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import org.flywaydb.core.api.FlywayException;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * A PostgreSQL database that any number of instances share. Every setting of its
 * connections stands here with its reason; the URL may say otherwise.
 */
final class PostgresDatabase extends Database {

	/** The oldest that is still maintained. */
	private static final int OLDEST = 14;

	/** How often a transaction is begun anew after it got in the way of another. */
	private static final int RETRIES = 3;

	private PostgresDatabase(String description, HikariDataSource readers, HikariDataSource writers, int timeout) {
		super(description, readers, writers, new PostgresErrors(), timeout, null);
	}

	/**
	 * Connects to the database, which is brought up to date first where that is needed.
	 * @throws StartRefused if it can't be
	 */
	static Database open(PostgresSettings settings) {
		String place = settings.url().place();
		try {
			return open(settings, place);
		}
		catch (SQLException | DataAccessException | FlywayException | HikariPool.PoolInitializationException ex) {
			throw PostgresErrors.refusal(place, ex);
		}
	}

	static void requireOurs(PostgresSettings settings) {
		String place = settings.url().place();
		try (Connection connection = connections(settings).getConnection()) {
			if (requireFit(place, connection, true) == 0) {
				throw Migrations.older(place, 0);
			}
		}
		catch (SQLException | DataAccessException ex) {
			throw PostgresErrors.refusal(place, ex);
		}
	}

	private static Database open(PostgresSettings settings, String place) throws SQLException {
		DataSource server = connections(settings);
		String description;
		boolean pooled;
		try (Connection connection = server.getConnection()) {
			int version = requireFit(place, connection, true);
			MovedMark.refuse(place, connection, true);
			pooled = isPooled(connection);
			description = "PostgreSQL " + connection.getMetaData().getDatabaseProductVersion() + " at " + place
					+ (pooled ? " (through a pooler)" : "");
			if (version < Migrations.VERSION) {
				Migrations.ofPostgres(connection).migrate();
			}
		}
		HikariDataSource readers = pool("readers", settings, settings.readers(), pooled);
		HikariDataSource writers = pool("writers", settings, settings.writers(), pooled);
		return new PostgresDatabase(description, readers, writers, (int) settings.queryTimeout().toSeconds());
	}

	/**
	 * Begins anew what met a deadlock, or a conflict that the server could not put in
	 * order.
	 */
	@Override
	public <T> T inTransaction(Supplier<T> work) {
		for (int attempt = 1;; attempt++) {
			try {
				return super.inTransaction(work);
			}
			catch (PessimisticLockingFailureException ex) {
				if (attempt > RETRIES || TransactionSynchronizationManager.isActualTransactionActive()) {
					throw ex;
				}
			}
		}
	}

	@Override
	public <T> T alone(String table, Supplier<T> work) {
		return inTransaction(() -> {
			writes().sql("lock table " + table + " in share row exclusive mode").update();
			return work.get();
		});
	}

	@Override
	public String forUpdate() {
		return " for update";
	}

	/** The server sees to its own files. */
	@Override
	public void forgetFormerBytes() {
	}

	@Override
	void requireReadAndWrite() {
		for (JdbcClient connections : new JdbcClient[] { reads(), writes() }) {
			if (connections.sql("select pg_is_in_recovery()").query(Boolean.class).single()) {
				throw new TransientDataAccessResourceException("The server is a standby, which can't be written to");
			}
		}
		if (reads().sql("select to_regclass(?) is not null").param(MovedMark.TABLE).query(Boolean.class).single()) {
			throw new TransientDataAccessResourceException("The database was moved");
		}
	}

	@Override
	long size() {
		return reads().sql("select pg_database_size(current_database())").query(Long.class).single();
	}

	/**
	 * Looks at a database without changing it.
	 * @return how far the steps have brought it, 0 if nowhere yet
	 * @throws StartRefused if it is none that the service could work on
	 */
	static int requireFit(String place, Connection connection, boolean writable) throws SQLException {
		DatabaseMetaData server = connection.getMetaData();
		if (server.getDatabaseMajorVersion() < OLDEST) {
			throw new StartRefused("The database " + place + " is of PostgreSQL " + server.getDatabaseProductVersion()
					+ ": " + OLDEST + " or newer is needed.");
		}
		JdbcClient db = JdbcClient.create(new SingleConnectionDataSource(connection, true));
		if (!db.sql("show server_encoding").query(String.class).single().equals("UTF8")) {
			throw new StartRefused(
					"The database " + place + " can't hold every name: create one with the encoding UTF8.");
		}
		if (writable && db.sql("show transaction_read_only").query(String.class).single().equals("on")) {
			throw new StartRefused("The database " + place
					+ " is read-only: set SPRING_DATASOURCE_URL to the server that takes writes.");
		}
		requireSchemas(place, db);
		Set<String> tables = db.sql("select tablename from pg_tables where schemaname = current_schema()")
			.query(String.class)
			.set();
		if (tables.contains(Migrations.TABLE)) {
			int version = Migrations.version(db);
			Migrations.refuseNewer(place, version);
			return version;
		}
		if (!tables.isEmpty()) {
			throw new StartRefused("The database " + place
					+ " belongs to another program: set SPRING_DATASOURCE_URL to an empty one, or add "
					+ "?currentSchema=accounts to it after you created that schema.");
		}
		return 0;
	}

	/** Flyway would make one that was misspelt, and all would seem to be gone. */
	private static void requireSchemas(String place, JdbcClient db) {
		db.sql("""
				select trim(schema) from pg_settings, unnest(string_to_array(setting, ',')) as schema
				where name = 'search_path' and source in ('client', 'session') and trim(schema) <> ''
					and trim(both '" ' from schema) <> '$user' and to_regnamespace(trim(schema)) is null""")
			.query(String.class)
			.list()
			.forEach((schema) -> {
				throw new StartRefused("The database " + place + " has no schema " + schema + ": `create schema "
						+ schema + "`, or set currentSchema in SPRING_DATASOURCE_URL to one that there is.");
			});
	}

	/**
	 * Whether PgBouncer or its like stands between: it tells clients a process number of
	 * its own. A prepared statement is then not to be found on the next connection to the
	 * server.
	 */
	private static boolean isPooled(Connection connection) throws SQLException {
		int server = JdbcClient.create(new SingleConnectionDataSource(connection, true))
			.sql("select pg_backend_pid()")
			.query(Integer.class)
			.single();
		return connection.unwrap(PGConnection.class).getBackendPID() != server;
	}

	/** For what is done before requests are served, which may take its time. */
	static DataSource connections(PostgresSettings settings) {
		Properties properties = properties(settings);
		// Whether there is a pooler is not known yet
		PGProperty.PREPARE_THRESHOLD.set(properties, 0);
		DriverManagerDataSource connections = new DriverManagerDataSource(settings.url().text());
		connections.setConnectionProperties(properties);
		return connections;
	}

	private static Properties properties(PostgresSettings settings) {
		Properties properties = new Properties();
		if (settings.username() != null) {
			PGProperty.USER.set(properties, settings.username());
		}
		if (settings.password() != null) {
			PGProperty.PASSWORD.set(properties, settings.password());
		}
		properties.putAll(settings.url().secrets());
		// What pg_stat_activity calls us
		PGProperty.APPLICATION_NAME.set(properties, "accounts");
		PGProperty.CONNECT_TIMEOUT.set(properties, 5);
		// A network device that forgets idle connections says nothing
		PGProperty.TCP_KEEP_ALIVE.set(properties, true);
		return properties;
	}

	private static HikariDataSource pool(String name, PostgresSettings settings, int size, boolean pooled) {
		HikariConfig pool = settings.pool();
		pool.setPoolName(name);
		pool.setJdbcUrl(settings.url().text());
		pool.setMaximumPoolSize(size);
		pool.setMinimumIdle(Math.min(size, Math.max(pool.getMinimumIdle(), 1)));
		Properties properties = properties(settings);
		// When the time for a statement is over the server is asked to end it; where no
		// answer comes to that either, the connection is given up
		PGProperty.SOCKET_TIMEOUT.set(properties, (int) settings.queryTimeout().toSeconds() + 5);
		PGProperty.CANCEL_SIGNAL_TIMEOUT.set(properties, 5);
		if (pooled) {
			PGProperty.PREPARE_THRESHOLD.set(properties, 0);
		}
		pool.setDataSourceProperties(properties);
		return new HikariDataSource(pool);
	}

}
