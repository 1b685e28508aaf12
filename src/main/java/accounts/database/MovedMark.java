package accounts.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;

import accounts.start.StartRefused;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * The mark on a database whose data was moved elsewhere. Triggers refuse every write,
 * which the new place would never learn of; reads go on.
 */
final class MovedMark {

	/** Holds where the data is now. */
	static final String TABLE = "moved";

	private static final String FUNCTION = "refuse_as_moved";

	private static final List<String> WRITES = List.of("insert", "update", "delete");

	private MovedMark() {
	}

	/** Where the data of a marked database is now. */
	static Optional<String> read(Connection connection, boolean postgres) {
		JdbcClient db = JdbcClient.create(new SingleConnectionDataSource(connection, true));
		String tables = postgres
				? "select tablename from pg_tables where schemaname = current_schema() and tablename = "
				: "select name from sqlite_master where type = 'table' and name = ";
		return db.sql(tables + "?")
			.param(TABLE)
			.query(String.class)
			.optional()
			.map((table) -> db.sql("select place from " + table).query(String.class).single());
	}

	/**
	 * Refuses to start on a marked database.
	 * @throws StartRefused if it is one
	 */
	static void refuse(Object database, Connection connection, boolean postgres) {
		read(connection, postgres).ifPresent((place) -> {
			throw new StartRefused("The database " + database + " was moved to " + place
					+ ": set SPRING_DATASOURCE_URL to that one, or run `move --reopen` to go back to this one.");
		});
	}

	static void set(Connection connection, boolean postgres, List<Table> tables, String place) throws SQLException {
		String where = quoted(place);
		try (Statement statement = connection.createStatement()) {
			statement.executeUpdate("create table " + TABLE + " (place text not null primary key)");
			statement.executeUpdate("insert into " + TABLE + " (place) values (" + where + ")");
			if (postgres) {
				// 25006 is what a standby refuses a write with, which passes when the
				// client asks the right server
				statement.executeUpdate("create function " + FUNCTION + """
						() returns trigger language plpgsql as $$
						begin
							raise exception 'the database was moved to %', tg_argv[0] using errcode = '25006';
						end $$""");
			}
			for (Table table : tables) {
				if (postgres) {
					statement.executeUpdate("create trigger " + TABLE
							+ " before insert or update or delete or truncate on " + table.quoted()
							+ " for each statement execute function " + FUNCTION + "(" + where + ")");
					continue;
				}
				for (String write : WRITES) {
					// One text, as SQLite before 3.47 takes nothing else, and could read
					// nothing at all of the file
					statement.executeUpdate("create trigger " + trigger(write, table) + " before " + write + " on "
							+ table.quoted() + " begin select raise(abort, "
							+ quoted("the database was moved to " + place) + "); end");
				}
			}
		}
	}

	static void remove(Connection connection, boolean postgres, List<Table> tables) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			if (postgres) {
				statement.executeUpdate("drop function " + FUNCTION + " cascade");
			}
			else {
				for (Table table : tables) {
					for (String write : WRITES) {
						statement.executeUpdate("drop trigger " + trigger(write, table));
					}
				}
			}
			statement.executeUpdate("drop table " + TABLE);
		}
	}

	private static String quoted(String text) {
		return "'" + text.replace("'", "''") + "'";
	}

	private static String trigger(String write, Table table) {
		return "moved_" + write + "_" + table.name();
	}

}
