package accounts.database;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import accounts.start.ServiceSettings;
import accounts.start.StartRefused;
import org.flywaydb.core.api.FlywayException;

import org.springframework.core.env.Environment;

import org.springframework.dao.DataAccessException;

/**
 * One of the two databases of a copy, on one connection and in one transaction: what was
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

	/**
	 * A database as a command asks for it.
	 *
	 * @param settings say who connects, where the URL doesn't
	 * @param version the schema that one to be filled gets; of another, the oldest that
	 * will do
	 */
	record Request(String url, Environment settings, Use use, int version) {

	}

	private final String place;

	private final Connection connection;

	private final int version;

	private final List<Table> tables;

	/**
	 * Takes over a connection.
	 * @param place the URL, without what must not be printed
	 */
	Store(String place, Connection connection, int version, List<Table> tables) {
		this.place = place;
		this.connection = connection;
		this.version = version;
		this.tables = tables;
	}

	/**
	 * Opens the database of an option of the command.
	 * @throws StartRefused if it is none that could be used so
	 */
	static Store open(String option, String url, Use use) {
		try {
			return open(new Request(url, ServiceSettings.read(), use, Migrations.VERSION));
		}
		catch (StartRefused ex) {
			// The service's sentences name its own setting
			throw new StartRefused(String.valueOf(ex.getMessage()).replace("SPRING_DATASOURCE_URL", option), ex);
		}
	}

	/**
	 * Opens a database.
	 * @throws StartRefused if it is none that could be used so
	 */
	static Store open(Request request) {
		if (request.url.startsWith(PostgresUrl.PREFIX)) {
			return PostgresStore.open(request);
		}
		if (request.url.startsWith(SqliteFile.PREFIX)) {
			return SqliteStore.open(request);
		}
		throw DatabaseConfiguration.noDatabase();
	}

	String place() {
		return this.place;
	}

	Connection connection() {
		return this.connection;
	}

	/** The schema that it has. */
	int version() {
		return this.version;
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

	/** Where the files are that were in its place, if they were moved aside. */
	Optional<Path> old() {
		return Optional.empty();
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

	/**
	 * Makes what was written lasting, all of it at once.
	 * @param upgrade whether it gets the schema of this program as well
	 */
	abstract void commit(boolean upgrade);

	abstract boolean isPostgres();

	/**
	 * Refuses to be filled under a running service.
	 * @throws StartRefused if one uses it
	 */
	abstract void requireNotServed();

	/** Where its data was moved to. */
	Optional<String> mark() {
		return at(() -> MovedMark.read(this.connection, isPostgres()));
	}

	/**
	 * Refuses what is no longer in use.
	 * @throws StartRefused if its data was moved elsewhere
	 */
	void requireNotMoved() {
		mark().ifPresent((elsewhere) -> {
			throw new StartRefused(this.place + " was moved to " + elsewhere + ": what is in use is there.");
		});
	}

	/**
	 * Refuses what is not to be used as it is.
	 * @throws StartRefused if it is a backup
	 */
	void requireNoBackup() {
		if (!isPostgres() && at(() -> BackupNote.read(this.connection)).isPresent()) {
			throw new StartRefused(this.place + " is a backup: give it to `restore`, which ends its sessions.");
		}
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

	List<String> texts(String sql) {
		return at(() -> {
			try (Statement statement = this.connection.createStatement();
					ResultSet rows = statement.executeQuery(sql)) {
				List<String> texts = new ArrayList<>();
				while (rows.next()) {
					texts.add(rows.getString(1));
				}
				return texts;
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
		catch (SQLException | DataAccessException | FlywayException ex) {
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
