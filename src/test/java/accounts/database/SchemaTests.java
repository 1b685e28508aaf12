package accounts.database;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import accounts.Service;
import org.flywaydb.core.api.MigrationInfo;
import org.junit.jupiter.api.Test;
import org.sqlite.SQLiteDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/** The migrations end in what schema.sql says, wherever they begin. */
class SchemaTests {

	private static final String OURS = "name not like 'sqlite!_%' escape '!' and tbl_name <> 'flyway_schema_history'";

	@Test
	void aNewDatabaseHasTheSchemaOfSchemaSql() throws Exception {
		Path folder = Service.folder();
		Service.startIn(folder).close();
		assertThat(schema(Service.file(folder))).isEqualTo(schemaSql());
	}

	@Test
	void theTutorialsDatabaseHasTheSchemaOfSchemaSqlAfterwards() throws Exception {
		Path folder = Sqlite.tutorial();
		Service.startIn(folder).close();
		assertThat(schema(Service.file(folder))).isEqualTo(schemaSql());
	}

	@Test
	void theDatabaseIsSoundAfterwards() throws Exception {
		Path folder = Sqlite.tutorial();
		Service.startIn(folder).close();
		try (Sqlite sqlite = Sqlite.open(Service.file(folder))) {
			assertThat(sqlite.rows("pragma integrity_check")).containsExactly("ok");
			assertThat(sqlite.rows("pragma foreign_key_check")).isEmpty();
			assertThat(sqlite.rows("select distinct success from flyway_schema_history")).containsExactly("1");
		}
	}

	@Test
	void theProgramKnowsTheNumberOfItsLastMigration() {
		SQLiteDataSource nothing = new SQLiteDataSource();
		nothing.setUrl(Service.url(Service.folder()));
		MigrationInfo[] migrations = Migrations.ofSqlite(nothing, false).info().pending();
		assertThat(migrations[migrations.length - 1].getVersion().getVersion())
			.isEqualTo(Integer.toString(Migrations.VERSION));
	}

	private static List<String> schemaSql() throws Exception {
		Path file = Service.file(Service.folder());
		Sqlite.run(file, Files.readString(Path.of("schema.sql")));
		return schema(file);
	}

	/** Everything there is, as SQLite understood it and as it was written. */
	private static List<String> schema(Path file) {
		List<String> schema = new ArrayList<>();
		try (Sqlite sqlite = Sqlite.open(file)) {
			sqlite
				.rows("select type, name, tbl_name, coalesce(sql, '') from sqlite_master where " + OURS
						+ " order by 1, 2")
				.stream()
				.map(SchemaTests::normal)
				.forEach(schema::add);
			for (String table : sqlite
				.rows("select name from sqlite_master where type = 'table' and " + OURS + " order by 1")) {
				for (String pragma : Arrays.asList("table_xinfo", "index_list", "foreign_key_list")) {
					sqlite.rows("select * from pragma_" + pragma + "('" + table + "')")
						.forEach((row) -> schema.add(table + " " + pragma + " " + row));
				}
			}
		}
		assertThat(schema).isNotEmpty();
		return schema;
	}

	private static String normal(String sql) {
		return sql.replaceAll("--.*", " ").replaceAll("\\s+", " ").replaceAll(" ?([(),]) ?", "$1").strip();
	}

}
