package accounts.database;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

import accounts.start.StartRefused;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.JournalMode;
import org.sqlite.SQLiteConfig.LockingMode;
import org.sqlite.SQLiteConfig.SynchronousMode;

import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * SQLite in a move. A file is filled under another name, and gets its own when it is
 * whole.
 */
final class SqliteStore extends Store {

	private static final int BATCH = 1_000;

	private static final int WAIT_MILLIS = 30_000;

	/** What the indexes of a large table want, in KiB. */
	private static final int CACHE = 65_536;

	private final Path path;

	private final Use use;

	private boolean whole;

	private SqliteStore(Path path, Use use, Connection connection) throws SQLException {
		super(SqliteFile.PREFIX + path, connection, Table.all(connection, null));
		this.path = path;
		this.use = use;
	}

	static SqliteStore open(String url, Use use) {
		Path path = SqliteFile.path(url).toAbsolutePath().normalize();
		try {
			if (use == Use.READ) {
				return existing(path, Use.READ, reading(path));
			}
			SqliteFile file = SqliteFile.find(url);
			if (use == Use.HOLD) {
				if (file.content() != SqliteFile.Content.OURS) {
					throw Migrations.older(path, 0);
				}
				return existing(path, use, SqliteDatabase.patientConnection(SqliteFile.PREFIX + path, WAIT_MILLIS));
			}
			if (file.content() == SqliteFile.Content.OURS) {
				return existing(path, Use.READ, reading(path));
			}
			if (file.content() == SqliteFile.Content.TUTORIAL) {
				throw new StartRefused(
						"The database " + path + " holds data already: set SPRING_DATASOURCE_URL to a new file.");
			}
			return filling(path);
		}
		catch (SQLException | DataAccessException | FlywayException ex) {
			throw SqliteErrors.refusal(path, ex);
		}
	}

	private static SqliteStore existing(Path path, Use use, Connection connection) throws SQLException {
		try {
			int version = SqliteFile.version(connection);
			Migrations.refuseNewer(path, version);
			if (version < Migrations.VERSION) {
				throw Migrations.older(path, version);
			}
			return new SqliteStore(path, use, connection);
		}
		catch (SQLException | RuntimeException ex) {
			connection.close();
			throw ex;
		}
	}

	/** Changes nothing, and does with a file that nobody may change. */
	private static Connection reading(Path path) throws SQLException {
		if (!Files.isRegularFile(path) || path.getParent() == null) {
			throw new StartRefused("The file " + path + " does not exist: set SPRING_DATASOURCE_URL to one that does.");
		}
		SqliteFile.refuseStrayLog(path);
		SQLiteConfig settings = new SQLiteConfig();
		settings.setBusyTimeout(WAIT_MILLIS);
		if (SqliteFile.isWritable(path.getParent())) {
			return settings.createConnection(SqliteFile.PREFIX + path);
		}
		Path log = sibling(path, "-wal");
		if (Files.exists(log) && log.toFile().length() > 0) {
			throw new StartRefused("The database " + path + " was copied together with " + log.getFileName()
					+ ", which can't be read where nothing can be written: allow writing to its folder.");
		}
		return settings.createConnection(
				SqliteFile.PREFIX + path.toUri().toString().replaceFirst("^file:/+", "file:/") + "?immutable=1");
	}

	private static SqliteStore filling(Path path) throws SQLException {
		if (Files.exists(sibling(path, "-journal"))) {
			throw new StartRefused("The file " + sibling(path, "-journal")
					+ " belongs to a database that is no longer there: move it away first.");
		}
		Path moving = moving(path);
		try {
			if (Files.exists(moving)) {
				Connection left = alone(moving);
				try {
					// While it is locked, so that nobody else can be writing it
					Files.delete(moving);
				}
				finally {
					left.close();
				}
			}
			SqliteFile.keepPrivate(moving);
			Connection connection = alone(moving);
			try {
				SingleConnectionDataSource file = new SingleConnectionDataSource(connection, true);
				Migrations.ofSqlite(file, false).migrate();
				LeftLog.renumber(JdbcClient.create(file));
				return new SqliteStore(path, Use.FILL, connection);
			}
			catch (SQLException | RuntimeException ex) {
				connection.close();
				throw ex;
			}
		}
		catch (IOException ex) {
			throw new StartRefused("The file " + moving + " can't be made anew (" + ex.getMessage()
					+ "): delete it and make room, then try again.", ex);
		}
	}

	/** Locked until it is closed. A file that is thrown away if anything fails. */
	private static Connection alone(Path moving) throws SQLException {
		SQLiteConfig settings = new SQLiteConfig();
		settings.setBusyTimeout(0);
		settings.setLockingMode(LockingMode.EXCLUSIVE);
		settings.setJournalMode(JournalMode.OFF);
		settings.setSynchronous(SynchronousMode.OFF);
		settings.enforceForeignKeys(true);
		settings.setCacheSize(-CACHE);
		try {
			Connection connection = settings.createConnection(SqliteFile.PREFIX + moving);
			try (Statement statement = connection.createStatement()) {
				statement.executeUpdate("begin exclusive");
				statement.executeUpdate("commit");
				return connection;
			}
			catch (SQLException ex) {
				connection.close();
				throw ex;
			}
		}
		catch (SQLException ex) {
			if (SqliteErrors.isLocked(ex)) {
				throw new StartRefused("Another move is writing " + moving + ": wait for its end.", ex);
			}
			throw ex;
		}
	}

	/** Where a file is until it is whole. */
	private static Path moving(Path path) {
		return sibling(path, ".moving");
	}

	private static Path sibling(Path path, String suffix) {
		return path.resolveSibling(path.getFileName() + suffix);
	}

	/** The first statement takes the lock, if the use needs one. */
	@Override
	void begin() {
		if (this.use == Use.READ) {
			execute("pragma query_only = on");
		}
		at(() -> {
			connection().setAutoCommit(false);
			return number("select count(*) from sqlite_master");
		});
	}

	@Override
	boolean holdsData() {
		return this.use == Use.READ;
	}

	@Override
	boolean isSame(Store other) {
		try {
			return other instanceof SqliteStore file && Files.exists(file.path)
					&& Files.isSameFile(this.path, file.path);
		}
		catch (IOException ex) {
			throw failed(String.valueOf(ex.getMessage()), ex);
		}
	}

	@Override
	long sequence(Table table) {
		return number("select coalesce(max(seq), 0) + 1 from sqlite_sequence where name = '" + table.name() + "'");
	}

	@Override
	void setSequence(Table table, long nextId) {
		execute("delete from sqlite_sequence where name = '" + table.name() + "'");
		execute("insert into sqlite_sequence (name, seq) values ('" + table.name() + "', " + (nextId - 1) + ")");
	}

	@Override
	void read(Table table, Consumer<byte[][]> rows) {
		String select = "select " + table.columnList() + " from " + table.quoted() + " order by " + order(table, "");
		at(() -> {
			try (Statement statement = connection().createStatement();
					ResultSet result = statement.executeQuery(select)) {
				while (result.next()) {
					byte[][] row = new byte[table.columns().size()][];
					for (int i = 0; i < row.length; i++) {
						row[i] = field(table, table.columns().get(i), result, i + 1);
					}
					rows.accept(row);
				}
				return table;
			}
		});
	}

	private static byte @Nullable [] field(Table table, Table.Column column, ResultSet row, int index)
			throws SQLException {
		switch (column.kind()) {
			case INTEGER -> {
				long number = row.getLong(index);
				return row.wasNull() ? null : bytes(number);
			}
			case TEXT -> {
				String text = row.getString(index);
				if (text == null) {
					return null;
				}
				byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
				// What the driver puts where it can't read the file's bytes
				if (text.indexOf('\uFFFD') >= 0 && !Arrays.equals(bytes, row.getBytes(index))) {
					throw new StartRefused("A " + column.name() + " in the table " + table.name()
							+ " is no text (it is not in UTF-8): replace it first.");
				}
				return bytes;
			}
			default -> {
				return row.getBytes(index);
			}
		}
	}

	@Override
	void write(Table table, Consumer<Consumer<byte[][]>> feed) {
		String insert = "insert into " + table.quoted() + " (" + table.columnList() + ") values ("
				+ String.join(", ", Collections.nCopies(table.columns().size(), "?")) + ")";
		at(() -> {
			try (PreparedStatement statement = connection().prepareStatement(insert)) {
				int[] batched = { 0 };
				feed.accept((row) -> at(() -> {
					for (int i = 0; i < row.length; i++) {
						set(statement, i + 1, table.columns().get(i).kind(), row[i]);
					}
					statement.addBatch();
					if (++batched[0] == BATCH) {
						batched[0] = 0;
						statement.executeBatch();
					}
					return row;
				}));
				return statement.executeBatch();
			}
		});
	}

	private static void set(PreparedStatement statement, int index, Table.Kind kind, byte @Nullable [] field)
			throws SQLException {
		if (field == null) {
			statement.setObject(index, null);
			return;
		}
		switch (kind) {
			case INTEGER -> statement.setLong(index, ByteBuffer.wrap(field).getLong());
			case TEXT -> statement.setString(index, new String(field, StandardCharsets.UTF_8));
			case BYTES -> statement.setBytes(index, field);
		}
	}

	@Override
	void commit() {
		at(() -> {
			connection().commit();
			return this;
		});
		if (this.use == Use.FILL) {
			Path moving = moving(this.path);
			super.close();
			try {
				force(moving);
				if (Files.exists(this.path) && Files.size(this.path) > 0
						&& SqliteFile.find(SqliteFile.PREFIX + this.path).content() != SqliteFile.Content.NOTHING) {
					throw failed("somebody else has filled it meanwhile", new IOException());
				}
				Files.move(moving, this.path, StandardCopyOption.ATOMIC_MOVE);
				this.whole = true;
				forceFolder(this.path);
			}
			catch (IOException ex) {
				throw failed(String.valueOf(ex.getMessage()), ex);
			}
		}
	}

	private static void force(Path file) throws IOException {
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
			channel.force(true);
		}
	}

	/** The new name is on disk too, where a system lets us see to that. */
	private static void forceFolder(Path file) throws IOException {
		Path folder = file.getParent();
		if (folder != null && !System.getProperty("os.name").startsWith("Windows")) {
			try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
				channel.force(true);
			}
		}
	}

	@Override
	boolean isPostgres() {
		return false;
	}

	@Override
	StartRefused failure(Exception failure) {
		Throwable cause = NestedExceptionUtils.getMostSpecificCause(failure);
		if (SqliteErrors.isLocked(cause)) {
			return new StartRefused(
					"The database " + this.path + " is locked by another program: stop that one, then try again.",
					failure);
		}
		return failed(String.valueOf(cause.getMessage()), failure);
	}

	/** Leaves nothing of a file that was not to be. */
	@Override
	public void close() {
		super.close();
		Path moving = moving(this.path);
		if (this.use == Use.FILL && !this.whole && !moving.toFile().delete() && Files.exists(moving)) {
			throw new StartRefused("The file " + moving + " could not be deleted: do so.");
		}
	}

}
