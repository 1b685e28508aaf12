package accounts.database;

import java.nio.file.Path;

import javax.sql.DataSource;

import accounts.start.StartRefused;
import org.flywaydb.core.Flyway;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Brings a database to the schema of this program, step by step and in one transaction.
 */
final class Migrations {

	/** Where Flyway notes which steps were taken. */
	static final String TABLE = "flyway_schema_history";

	/** The schema that this program works with: the number of the last step. */
	static final int VERSION = 2;

	private Migrations() {
	}

	static void run(DataSource dataSource, boolean tutorial) {
		flyway(dataSource, tutorial).migrate();
	}

	static Flyway flyway(DataSource dataSource, boolean tutorial) {
		return Flyway.configure()
			.dataSource(dataSource)
			.javaMigrations(new V1__Users())
			.locations("classpath:db/migration")
			.group(true)
			.baselineOnMigrate(tutorial)
			.baselineVersion("0")
			.load();
	}

	/** How far the steps taken have brought the database: 0 is nowhere yet. */
	static int version(JdbcClient db) {
		if (db.sql("select 1 from sqlite_master where name = ?").param(TABLE).query(Integer.class).list().isEmpty()) {
			return 0;
		}
		return db.sql("select coalesce(max(cast(version as integer)), 0) from " + TABLE + " where success")
			.query(Integer.class)
			.single();
	}

	static void refuseNewer(Path path, int version) {
		if (version > VERSION) {
			throw new StartRefused("The database " + path + " has schema " + version
					+ ", and this program knows only up to " + VERSION + ": start the newer program that made it.");
		}
	}

}
