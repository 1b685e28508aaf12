package accounts.database;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * A table as a database describes it, in words that SQLite and PostgreSQL share.
 *
 * @param columns by name
 * @param key the primary key's columns
 * @param identity the column whose values are given once and never again, if there is one
 * @param parents the tables that its foreign keys lead to
 */
record Table(String name, List<Column> columns, List<Column> key, @Nullable String identity, Set<String> parents) {

	/** What a column holds. */
	enum Kind {

		INTEGER, TEXT, BYTES;

		static Kind of(String column, String type) {
			return switch (type.toLowerCase(Locale.ROOT)) {
				case "integer", "int8" -> INTEGER;
				case "text" -> TEXT;
				case "blob", "bytea" -> BYTES;
				default ->
					throw new IllegalStateException("A copy knows nothing of the type " + type + " of " + column);
			};
		}

	}

	/**
	 * All that hold data, each after those that it refers to.
	 * @param schema where they are, {@code null} in SQLite
	 */
	static List<Table> all(Connection connection, @Nullable String schema) throws SQLException {
		DatabaseMetaData database = connection.getMetaData();
		List<String> names = strings(database.getTables(null, schema, "%", new String[] { "TABLE" }), "TABLE_NAME");
		names.removeAll(Set.of(Migrations.TABLE, MovedMark.TABLE, BackupNote.TABLE));
		Map<String, Table> left = new TreeMap<>();
		for (String name : names) {
			left.put(name, read(database, schema, name));
		}
		List<Table> sorted = new ArrayList<>();
		while (!left.isEmpty()) {
			Table next = left.values()
				.stream()
				.filter((table) -> table.parents.stream().noneMatch(left::containsKey))
				.findFirst()
				.orElseThrow(() -> new IllegalStateException("These tables refer to each other: " + left.keySet()));
			left.remove(next.name);
			sorted.add(next);
		}
		return sorted;
	}

	private static Table read(DatabaseMetaData database, @Nullable String schema, String name) throws SQLException {
		Map<String, Column> columns = new TreeMap<>();
		String identity = null;
		// The name is a pattern there, in which _ stands for any letter
		String pattern = name.replace("_", database.getSearchStringEscape() + "_");
		try (ResultSet rows = database.getColumns(null, schema, pattern, "%")) {
			while (rows.next()) {
				String column = rows.getString("COLUMN_NAME");
				columns.put(column,
						new Column(column, Kind.of(name + "." + column, type(rows.getString("TYPE_NAME")))));
				if ("YES".equals(rows.getString("IS_AUTOINCREMENT"))) {
					identity = column;
				}
			}
		}
		Map<Integer, Column> key = new TreeMap<>();
		try (ResultSet rows = database.getPrimaryKeys(null, schema, name)) {
			while (rows.next()) {
				Column column = columns.get(rows.getString("COLUMN_NAME"));
				if (column != null) {
					key.put(rows.getInt("KEY_SEQ"), column);
				}
			}
		}
		if (columns.isEmpty() || key.isEmpty()) {
			throw new IllegalStateException("A copy needs columns and a primary key of " + name);
		}
		Set<String> parents = new TreeSet<>(strings(database.getImportedKeys(null, schema, name), "PKTABLE_NAME"));
		parents.remove(name);
		return new Table(name, List.copyOf(columns.values()), List.copyOf(key.values()), identity, parents);
	}

	/** PostgreSQL's driver calls an identity column a serial one. */
	private static String type(String type) {
		return type.equals("bigserial") ? "int8" : type;
	}

	private static List<String> strings(ResultSet rows, String column) throws SQLException {
		List<String> strings = new ArrayList<>();
		try (rows) {
			while (rows.next()) {
				strings.add(rows.getString(column));
			}
		}
		return strings;
	}

	/** The name as statements have it. */
	String quoted() {
		return quoted(this.name);
	}

	/** The columns as statements list them. */
	String columnList() {
		return this.columns.stream().map(Column::quoted).collect(Collectors.joining(", "));
	}

	static String list(Collection<Table> tables) {
		return tables.stream().map(Table::quoted).collect(Collectors.joining(", "));
	}

	private static String quoted(String name) {
		return '"' + name.replace("\"", "\"\"") + '"';
	}

	/** One of its columns. */
	record Column(String name, Kind kind) {

		String quoted() {
			return Table.quoted(this.name);
		}

	}

}
