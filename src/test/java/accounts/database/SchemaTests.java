package accounts.database;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import javax.sql.DataSource;

import accounts.Postgres;
import accounts.Service;
import org.flywaydb.core.api.MigrationInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.sqlite.SQLiteDataSource;

import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/** The migrations end in what schema.sql says, wherever they begin. */
@Tag("sqlite")
class SchemaTests {

	private static final String OURS = "name not like 'sqlite!_%' escape '!' and tbl_name <> 'flyway_schema_history'";

	private static final Map<Integer, String> DELETE_RULES = Map.of(DatabaseMetaData.importedKeyCascade, "cascade",
			DatabaseMetaData.importedKeySetNull, "set null");

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

	@Test
	void theProgramKnowsTheNumberOfItsLastMigrationOfPostgreSQL() throws Exception {
		try (Connection connection = postgres().getConnection()) {
			MigrationInfo[] migrations = Migrations.ofPostgres(connection).info().pending();
			assertThat(migrations[migrations.length - 1].getVersion().getVersion())
				.isEqualTo(Integer.toString(Migrations.VERSION));
		}
	}

	@Test
	void bothKindsOfDatabasesHaveTheSameTablesColumnsKeysAndUniqueness() throws Exception {
		SQLiteDataSource sqlite = SqliteDatabase.connections(Service.url(Service.folder()));
		Migrations.ofSqlite(sqlite, false).migrate();
		DataSource postgres = postgres();
		try (Connection connection = postgres.getConnection()) {
			Migrations.ofPostgres(connection).migrate();
		}
		assertThat(description(postgres)).isEqualTo(description(sqlite))
			.contains("user.email text not null", "user unique [email]", "session (user_id) -> user on delete set null",
					"refreshed key [hash]", "session index [user_id, ended_on]");
	}

	private static DataSource postgres() {
		return new DriverManagerDataSource(Postgres.url(Service.folder()));
	}

	/** What the driver tells of a database, in words that fit any. */
	private static Set<String> description(DataSource database) throws Exception {
		Set<String> lines = new TreeSet<>();
		try (Connection connection = database.getConnection()) {
			DatabaseMetaData all = connection.getMetaData();
			String schema = connection.getSchema();
			for (List<String> row : rows(all.getTables(null, schema, "%", new String[] { "TABLE" }), "TABLE_NAME")) {
				String table = row.get(0);
				if (table.equals(Migrations.TABLE) || table.startsWith("sqlite_")) {
					continue;
				}
				List<String> key = rows(all.getPrimaryKeys(null, schema, table), "KEY_SEQ", "COLUMN_NAME").stream()
					.sorted(Comparator.comparing((column) -> Integer.valueOf(column.get(0))))
					.map((column) -> column.get(1))
					.toList();
				lines.add(table + " key " + key);
				for (List<String> column : rows(all.getColumns(null, schema, table, "%"), "COLUMN_NAME", "TYPE_NAME",
						"IS_NULLABLE", "COLUMN_DEF")) {
					boolean isKey = key.contains(column.get(0));
					lines.add(table + "." + column.get(0) + " " + kind(column.get(1))
							+ ((isKey || column.get(2).equals("NO")) ? " not null" : "")
							+ ((isKey || column.get(3) == null) ? ""
									: " default " + column.get(3).replace("::text", "")));
				}
				for (List<String> reference : rows(all.getImportedKeys(null, schema, table), "FKCOLUMN_NAME",
						"PKTABLE_NAME", "DELETE_RULE")) {
					lines.add(table + " (" + reference.get(0) + ") -> " + reference.get(1) + " on delete "
							+ DELETE_RULES.get(Integer.parseInt(reference.get(2))));
				}
				Map<String, List<String>> indexes = new TreeMap<>();
				for (List<String> column : rows(all.getIndexInfo(null, schema, table, false, true), "INDEX_NAME",
						"NON_UNIQUE", "COLUMN_NAME")) {
					boolean unique = column.get(1).startsWith("f") || column.get(1).equals("0");
					indexes
						.computeIfAbsent((unique ? "unique " : "index ") + column.get(0), (name) -> new ArrayList<>())
						.add(column.get(2));
				}
				indexes.forEach((name, columns) -> {
					if (!columns.equals(key)) {
						lines.add(table + " " + name.substring(0, name.indexOf(' ') + 1) + columns);
					}
				});
			}
		}
		return lines;
	}

	private static String kind(String type) {
		return switch (type.toLowerCase(Locale.ROOT)) {
			case "integer", "int8", "bigserial" -> "number";
			case "blob", "bytea" -> "bytes";
			case "text" -> "text";
			default -> throw new AssertionError("A type of one kind of database: " + type);
		};
	}

	private static List<List<String>> rows(ResultSet result, String... columns) throws Exception {
		List<List<String>> rows = new ArrayList<>();
		while (result.next()) {
			List<String> row = new ArrayList<>();
			for (String column : columns) {
				row.add(result.getString(column));
			}
			rows.add(row);
		}
		return rows;
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
