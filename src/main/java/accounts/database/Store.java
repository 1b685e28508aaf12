package accounts.database;

import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import accounts.start.StartRefused;

import org.springframework.dao.DataAccessException;

/**
 * One of the two databases of a move, on one connection and in one transaction: what was
 * not committed when it is closed, or when the program dies, has never been. A row is its
 * fields' bytes by the names of their columns: whole numbers as eight, texts in UTF-8,
 * null where there is none. What fails is a {@link StartRefused}.
 */
abstract class Store implements AutoCloseable {

	/** What it is opened for. */
	enum Use {

		/** To read what there is at one moment. */
		READ,

		/** To read while nobody else writes. */
		HOLD,

		/** To fill it, if it is empty. */
		FILL

	}

	private final String place;

	private final Connection connection;

	private final List<Table> tables;

	/**
	 * Takes over a connection.
	 * @param place the URL, without what must not be printed
	 */
	Store(String place, Connection connection, List<Table> tables) {
		this.place = place;
		this.connection = connection;
		this.tables = tables;
	}

	/**
	 * Opens the database of an option of the command.
	 * @throws StartRefused if it is none that could be used so
	 */
	static Store open(String option, String url, Use use) {
		try {
			if (url.startsWith(PostgresUrl.PREFIX)) {
				return PostgresStore.open(url, use);
			}
			if (url.startsWith(SqliteFile.PREFIX)) {
				return SqliteStore.open(url, use);
			}
			throw DatabaseConfiguration.noDatabase();
		}
		catch (StartRefused ex) {
			// The service's sentences name its own setting
			throw new StartRefused(String.valueOf(ex.getMessage()).replace("SPRING_DATASOURCE_URL", option), ex);
		}
	}

	String place() {
		return this.place;
	}

	Connection connection() {
		return this.connection;
	}

	/** Each after those that it refers to. */
	List<Table> tables() {
		return this.tables;
	}

	/** Begins the transaction, and takes the locks that the use needs. */
	abstract void begin();

	abstract boolean isSame(Store other);

	/** Whether a database that was opened to be filled can't be, as it is not empty. */
	abstract boolean holdsData();

	long count(Table table) {
		return number("select count(*) from " + table.quoted());
	}

	/** The id that the table's next row gets, or zero if it gives none. */
	long nextId(Table table) {
		if (table.identity() == null) {
			return 0;
		}
		long highest = number("select coalesce(max(" + table.identity() + "), 0) from " + table.quoted());
		return Math.max(highest + 1, sequence(table));
	}

	/** The id that the table's sequence gives next. */
	abstract long sequence(Table table);

	abstract void setSequence(Table table, long nextId);

	/** Reads all rows in the order of their keys. */
	abstract void read(Table table, Consumer<byte[][]> rows);

	/** Writes all rows that the feed brings. */
	abstract void write(Table table, Consumer<Consumer<byte[][]>> feed);

	/** Makes what was written lasting, all of it at once. */
	abstract void commit();

	abstract boolean isPostgres();

	/** Where its data was moved to. */
	Optional<String> mark() {
		return at(() -> MovedMark.read(this.connection, isPostgres()));
	}

	void mark(String place) {
		at(() -> {
			MovedMark.set(this.connection, isPostgres(), this.tables, place);
			return place;
		});
	}

	void unmark() {
		at(() -> {
			MovedMark.remove(this.connection, isPostgres(), this.tables);
			return this.place;
		});
	}

	/** The columns of the key as their order needs them. */
	static String order(Table table, String collation) {
		return table.key()
			.stream()
			.map((column) -> column.quoted() + ((column.kind() == Table.Kind.TEXT) ? collation : ""))
			.collect(Collectors.joining(", "));
	}

	static byte[] bytes(long number) {
		return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
	}

	long number(String sql) {
		return at(() -> {
			try (Statement statement = this.connection.createStatement(); ResultSet row = statement.executeQuery(sql)) {
				row.next();
				return row.getLong(1);
			}
		});
	}

	void execute(String sql) {
		at(() -> {
			try (Statement statement = this.connection.createStatement()) {
				return statement.execute(sql);
			}
		});
	}

	/** Tells, where this database fails, that it was this one. */
	<T> T at(Work<T> work) {
		try {
			return work.run();
		}
		catch (SQLException | DataAccessException ex) {
			throw failure(ex);
		}
	}

	abstract StartRefused failure(Exception cause);

	/** The sentence for what nobody foresaw. */
	StartRefused failed(String words, Exception cause) {
		String oneLine = words.replaceAll("\\s+", " ").replaceFirst("\\.$", "");
		return new StartRefused(this.place + " failed: " + oneLine + ".", cause);
	}

	/** Undoes what was not committed. */
	@Override
	public void close() {
		try {
			this.connection.close();
		}
		catch (SQLException ex) {
			// It has gone by itself, and what was not committed with it
		}
	}

	/** Something done in a database. */
	interface Work<T> {

		T run() throws SQLException;

	}

}
