package accounts.database;

import java.sql.Connection;

import javax.sql.DataSource;

import accounts.start.StartRefused;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * Brings a database to the schema of this program, step by step and in one transaction,
 * for which other instances that start meanwhile wait.
 */
final class Migrations {

	/** Where Flyway notes which steps were taken. */
	static final String TABLE = "flyway_schema_history";

	/**
	 * The schema that this program works with: the number of the last step. A start asks
	 * Flyway nothing where it has been taken, as that takes longer than to open the
	 * database.
	 */
	static final int VERSION = 6;

	private Migrations() {
	}

	/**
	 * The steps of a SQLite file.
	 * @param tutorial whether the tutorial's users are in it
	 */
	static Flyway ofSqlite(DataSource file, boolean tutorial) {
		return steps(file, "sqlite").javaMigrations(new V1__Users())
			.baselineOnMigrate(tutorial)
			.baselineVersion("0")
			.load();
	}

	/**
	 * The steps of a PostgreSQL database. On two connections, as Flyway would have it,
	 * the steps would be committed before the rows that note them, and a program killed
	 * between the two would leave a database that no start accepts. On one they are one
	 * transaction.
	 */
	static Flyway ofPostgres(Connection connection) {
		return steps(new SingleConnectionDataSource(connection, true), "postgresql")
			// The instance that was first may take long: the others wait for its end
			.lockRetryCount(-1)
			.load();
	}

	private static FluentConfiguration steps(DataSource database, String kind) {
		return Flyway.configure().dataSource(database).locations("classpath:db/migration/" + kind).group(true);
	}

	/** The first of the steps, up to that schema. */
	static Flyway upTo(int version, Flyway steps) {
		return Flyway.configure().configuration(steps.getConfiguration()).target(Integer.toString(version)).load();
	}

	/**
	 * How far the steps have brought a database in which there are some: 0 is nowhere
	 * yet.
	 */
	static int version(JdbcClient db) {
		return db.sql("select coalesce(max(cast(version as integer)), 0) from " + TABLE + " where success")
			.query(Integer.class)
			.single();
	}

	/** Why a database is not moved that is not as far as this program. */
	static StartRefused older(Object database, int version) {
		return new StartRefused("The database " + database + ((version > 0)
				? " has schema " + version + ", and this program moves only " + VERSION + ": start it on that one once."
				: " holds nothing of this service's: set SPRING_DATASOURCE_URL to one that does, or, if it is the "
						+ "tutorial's, start this program on it once."));
	}

	static void refuseNewer(Object database, int version) {
		if (version > VERSION) {
			throw new StartRefused("The database " + database + " has schema " + version
					+ ", and this program knows only up to " + VERSION + ": start the newer program that made it.");
		}
	}

}
