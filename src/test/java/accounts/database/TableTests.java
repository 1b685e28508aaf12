package accounts.database;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import accounts.Account;
import accounts.Postgres;
import accounts.Service;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every table is known to backup, restore and the deletion of a user; to a move as
 * {@link MoveTests} show. Whoever adds a table adds it here and to {@link Revocation}.
 */
class TableTests {

	/** How many rows of a user there are, in a service that has no other. */
	private static final Map<String, String> OF_USER = Map.of( //
			"user", "select count(*) from \"user\"", //
			"session", """
					select count(*) from session
					where user_id is not null or ip is not null or user_agent is not null or ended_on is null""", //
			"known_place", "select count(*) from known_place");

	/** Tables in which nobody finds a user. */
	private static final Map<String, String> OF_NOBODY = Map.of( //
			"signing_key", "the service's own", //
			"refreshed", "sealed under tokens that are not kept, and cleared after the grace", //
			"attempt", "counted under keyed hashes, and cleared when it counts for nothing");

	private static final Path FOLDER = Service.folder();

	private static Service service;

	private static Database database;

	@BeforeAll
	static void start() {
		service = Service.startIn(FOLDER);
		database = service.bean(Database.class);
	}

	@AfterAll
	static void stop() {
		service.close();
	}

	@Test
	void restoreKnowsEachTable() {
		assertThat(Revocation.FATES).containsOnlyKeys(tables());
	}

	@Test
	void backupHoldsEachTable() {
		Path file = FOLDER.resolve("backup.sqlite3");
		Outcome.of(new Backup(), file.toString(), "--spring.datasource.url=" + Service.url(FOLDER)).succeeded();
		try (Sqlite backup = Sqlite.open(file)) {
			List<String> expected = tables();
			assertThat(backup.rows("select name from backup")).containsExactlyInAnyOrderElementsOf(expected);
			assertThat(backup
				.rows("""
						select name from sqlite_master
						where type = 'table' and name not glob 'sqlite_*' and name not in ('backup', 'flyway_schema_history')"""))
				.containsExactlyInAnyOrderElementsOf(expected);
		}
	}

	@Test
	void deletionLeavesNothingOfAUserInAnyTable() {
		Set<String> known = new TreeSet<>(OF_USER.keySet());
		known.addAll(OF_NOBODY.keySet());
		assertThat(known).containsExactlyInAnyOrderElementsOf(tables());
		Account account = service.account();
		OF_USER.forEach((table, rows) -> assertThat(count(rows)).as("no row in %s to be deleted", table).isPositive());
		account.client().delete(account.path()).is(204);
		OF_USER.forEach((table, rows) -> assertThat(count(rows)).as("rows left in %s", table).isZero());
	}

	private static List<String> tables() {
		return database.reads()
			.sql(Postgres.TESTED ? "select tablename from pg_tables where schemaname = 'public' and tablename <> ?"
					: "select name from sqlite_master where type = 'table' and name not glob 'sqlite_*' and name <> ?")
			.param(Migrations.TABLE)
			.query(String.class)
			.list();
	}

	private static long count(String sql) {
		return database.reads().sql(sql).query(Long.class).single();
	}

}
