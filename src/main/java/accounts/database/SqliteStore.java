package accounts.database;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
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
import java.util.Optional;
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
 * SQLite in a copy. A file is filled under another name, and gets its own when it is
 * whole.
 */
final class SqliteStore extends Store {

	private static final int BATCH = 1_000;

	private static final int WAIT_MILLIS = 30_000;

	/** What the indexes of a large table want, in KiB. */
	private static final int CACHE = 65_536;

	private final Path path;

	private final Use use;

	private final @Nullable RestoredFile replacement;

	private boolean whole;

	private SqliteStore(Path path, Use use, Connection connection, int version, @Nullable RestoredFile replacement)
			throws SQLException {
		super(SqliteFile.PREFIX + path, connection, version, Table.all(connection, null));
		this.path = path;
		this.use = use;
		this.replacement = replacement;
	}

	static SqliteStore open(Request request) {
		Path path = SqliteFile.path(request.url()).toAbsolutePath().normalize();
		Use use = request.use();
		int version = request.version();
		try {
			if (use == Use.READ) {
				RestoredFile.refuseUnfinished(path);
				return existing(path, use, reading(path), version);
			}
			SqliteFile file = SqliteFile.find(request.url());
			if (use == Use.HOLD) {
				if (file.content() != SqliteFile.Content.OURS) {
					throw Migrations.older(path, 0);
				}
				return existing(path, use, SqliteDatabase.patientConnection(SqliteFile.PREFIX + path, WAIT_MILLIS),
						version);
			}
			if (file.content() == SqliteFile.Content.OURS) {
				return existing(path, Use.READ, reading(path), version);
			}
			if (file.content() == SqliteFile.Content.TUTORIAL) {
				throw new StartRefused(
						"The database " + path + " holds data already: set SPRING_DATASOURCE_URL to a new file.");
			}
			return filling(path, version, null);
		}
		catch (SQLException | DataAccessException | FlywayException ex) {
			throw SqliteErrors.refusal(path, ex);
		}
	}

	/**
	 * Makes a new file and replaces none.
	 * @param version the schema that it gets
	 */
	static SqliteStore create(Path file, int version) {
		Path path = file.toAbsolutePath().normalize();
		Path folder = path.getParent();
		// A symbolic link is there as well, wherever it leads
		if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
			throw new StartRefused("The file " + path + " exists already: name another one.");
		}
		if (folder == null || !Files.isDirectory(folder) || !SqliteFile.isWritable(folder)) {
			throw new StartRefused("Nothing can be written to the folder " + folder
					+ ": make it and allow writing, or name a file elsewhere.");
		}
		try {
			return filling(path, version, null);
		}
		catch (SQLException | DataAccessException | FlywayException ex) {
			throw SqliteErrors.refusal(path, ex);
		}
	}

	/**
	 * Makes a file that takes the place of a database, in whatever state that is.
	 * @param version the schema that it gets
	 */
	static SqliteStore replace(RestoredFile replacement, int version) {
		Path path = replacement.database();
		try {
			return filling(path, version, replacement);
		}
		catch (SQLException | DataAccessException | FlywayException ex) {
			throw SqliteErrors.refusal(path, ex);
		}
	}

	/**
	 * Opens a file that is no database in use, and proves that it is whole. Nothing is
	 * changed, in it or beside it.
	 * @throws StartRefused if it is none that was written whole
	 */
	static SqliteStore backup(Path file) {
		Path path = file.toAbsolutePath().normalize();
		try {
			if (!Files.isRegularFile(path)) {
				throw new StartRefused("There is no file " + path + ": name one that `backup` has written.");
			}
			for (String suffix : RestoredFile.LOGS) {
				Path log = sibling(path, suffix);
				if (Files.exists(log) && Files.size(log) > 0) {
					throw new StartRefused(
							"The file " + path + " is no backup: it was copied from a running database, as "
									+ log.getFileName() + " beside it shows. Name one that `backup` has written.");
				}
			}
			if (!SqliteFile.startsLikeSqlite(path)) {
				throw new StartRefused(
						"The file " + path + " is no SQLite database: name one that `backup` has written.");
			}
			requireIntegrity(path);
			return existing(path, Use.READ, immutable(path), 1);
		}
		catch (SQLException | DataAccessException ex) {
			throw damaged(path, String.valueOf(NestedExceptionUtils.getMostSpecificCause(ex).getMessage()));
		}
		catch (IOException ex) {
			throw new StartRefused("The file " + path + " can't be read: check it and its permissions.", ex);
		}
	}

	static StartRefused damaged(Path backup, String reason) {
		return new StartRefused(
				"The backup " + backup + " is damaged (" + reason.replaceAll("\\s+", " ") + "): use another one.");
	}

	private static SqliteStore existing(Path path, Use use, Connection connection, int oldest) throws SQLException {
		try {
			int version = SqliteFile.version(connection);
			Migrations.refuseNewer(path, version);
			if (version < oldest) {
				throw Migrations.older(path, version);
			}
			return new SqliteStore(path, use, connection, version, null);
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
		if (SqliteFile.isWritable(path.getParent())) {
			SQLiteConfig settings = new SQLiteConfig();
			settings.setBusyTimeout(WAIT_MILLIS);
			return settings.createConnection(SqliteFile.PREFIX + path);
		}
		Path log = sibling(path, "-wal");
		if (Files.exists(log) && log.toFile().length() > 0) {
			throw new StartRefused("The database " + path + " was copied together with " + log.getFileName()
					+ ", which can't be read where nothing can be written: allow writing to its folder.");
		}
		return immutable(path);
	}

	/** Neither locks the file nor makes another one beside it. */
	private static Connection immutable(Path path) throws SQLException {
		return new SQLiteConfig().createConnection(
				SqliteFile.PREFIX + path.toUri().toString().replaceFirst("^file:/+", "file:/") + "?immutable=1");
	}

	private static void requireIntegrity(Path path) throws SQLException {
		try (Connection connection = immutable(path);
				Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery("pragma integrity_check(1)")) {
			String found = row.next() ? row.getString(1) : "nothing in it";
			if (!found.equals("ok")) {
				throw damaged(path, found);
			}
		}
	}

	private static SqliteStore filling(Path path, int version, @Nullable RestoredFile replacement) throws SQLException {
		if (replacement == null) {
			SqliteFile.refuseStrayLog(path);
			if (Files.exists(sibling(path, "-journal"))) {
				throw new StartRefused("The file " + sibling(path, "-journal")
						+ " belongs to a database that is no longer there: move it away first.");
			}
		}
		Path half = half(path);
		try {
			if (Files.isSymbolicLink(half)) {
				Files.delete(half);
			}
			if (Files.exists(half)) {
				deleteLeft(half);
			}
			// Also when it is told to stop meanwhile
			half.toFile().deleteOnExit();
			SqliteFile.keepPrivate(half);
			Connection connection = alone(half);
			try {
				SingleConnectionDataSource file = new SingleConnectionDataSource(connection, true);
				Migrations.upTo(version, Migrations.ofSqlite(file, false)).migrate();
				LeftLog.renumber(JdbcClient.create(file));
				return new SqliteStore(path, Use.FILL, connection, version, replacement);
			}
			catch (SQLException | RuntimeException ex) {
				connection.close();
				Files.deleteIfExists(half);
				throw ex;
			}
		}
		catch (IOException ex) {
			throw new StartRefused("The file " + half + " can't be made anew (" + ex.getMessage()
					+ "): delete it and make room, then try again.", ex);
		}
	}

	/** While it is locked, so that nobody else can be writing it. */
	private static void deleteLeft(Path half) throws IOException, SQLException {
		Connection left = null;
		try {
			left = alone(half);
		}
		catch (SQLException ex) {
			// What a power cut has left may be no database
			if (!SqliteErrors.isDamaged(ex)) {
				throw ex;
			}
		}
		Files.delete(half);
		if (left != null) {
			left.close();
		}
	}

	/** Locked until it is closed. A file that is thrown away if anything fails. */
	private static Connection alone(Path half) throws SQLException {
		SQLiteConfig settings = new SQLiteConfig();
		settings.setBusyTimeout(0);
		settings.setLockingMode(LockingMode.EXCLUSIVE);
		settings.setJournalMode(JournalMode.OFF);
		settings.setSynchronous(SynchronousMode.OFF);
		settings.enforceForeignKeys(true);
		settings.setCacheSize(-CACHE);
		try {
			Connection connection = settings.createConnection(SqliteFile.PREFIX + half);
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
				throw new StartRefused("Another command is writing " + half + ": wait for its end.", ex);
			}
			throw ex;
		}
	}

	/** Where a file is until it is whole. */
	private static Path half(Path path) {
		return sibling(path, ".half");
	}

	static Path sibling(Path path, String suffix) {
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
	void commit(boolean upgrade) {
		at(() -> {
			connection().commit();
			connection().setAutoCommit(true);
			if (upgrade) {
				Migrations.ofSqlite(new SingleConnectionDataSource(connection(), true), false).migrate();
			}
			return this;
		});
		if (this.use == Use.FILL) {
			super.close();
			try {
				publish(half(this.path));
				this.whole = true;
			}
			catch (SQLException ex) {
				throw failure(ex);
			}
			catch (IOException ex) {
				throw failed(String.valueOf(ex.getMessage()), ex);
			}
		}
	}

	/** Gives a file its own name, once it is proved to be whole, and on disk. */
	private void publish(Path half) throws IOException, SQLException {
		requireIntegrity(half);
		force(half);
		if (this.replacement != null) {
			this.replacement.put(half);
			return;
		}
		if (Files.exists(this.path, LinkOption.NOFOLLOW_LINKS) && (Files.size(this.path) > 0
				&& SqliteFile.find(SqliteFile.PREFIX + this.path).content() != SqliteFile.Content.NOTHING)) {
			throw failed("somebody else has filled it meanwhile", new IOException());
		}
		Files.move(half, this.path, StandardCopyOption.ATOMIC_MOVE);
		forceFolder(this.path);
	}

	private static void force(Path file) throws IOException {
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
			channel.force(true);
		}
	}

	/** The new name is on disk too, where a system lets us see to that. */
	static void forceFolder(Path file) throws IOException {
		Path folder = file.getParent();
		if (folder != null && !System.getProperty("os.name").startsWith("Windows")) {
			try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
				channel.force(true);
			}
		}
	}

	@Override
	Optional<Path> old() {
		return (this.replacement != null) ? this.replacement.old() : Optional.empty();
	}

	/** Whoever uses a file that holds data holds a lock on it. */
	@Override
	void requireNotServed() {
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
		if (this.replacement != null) {
			this.replacement.close();
		}
		Path half = half(this.path);
		if (this.use == Use.FILL && !this.whole && !half.toFile().delete() && Files.exists(half)) {
			throw new StartRefused("The file " + half + " could not be deleted: do so.");
		}
	}

}
