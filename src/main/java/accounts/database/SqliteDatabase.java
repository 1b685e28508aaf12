package accounts.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.function.Function;
import java.util.function.Supplier;

import accounts.start.StartRefused;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.JournalMode;
import org.sqlite.SQLiteConfig.SynchronousMode;
import org.sqlite.SQLiteConfig.TransactionMode;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteDataSource;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.transaction.TransactionException;

/**
 * A SQLite file, in which one connection writes at a time: writers queue for the only one
 * there is. Every SQLite setting there is stands here with its reason.
 */
final class SqliteDatabase extends Database {

	private static final Logger log = LoggerFactory.getLogger(SqliteDatabase.class);

	/**
	 * How long a writer waits for another program's lock before the client is told to
	 * come again.
	 */
	private static final int BUSY_MILLIS = 5_000;

	/** How long a request waits for its turn at a connection. */
	private static final int TURN_MILLIS = 10_000;

	/**
	 * A read is short and bound by the processor: a few more readers than cores keep all
	 * of them busy.
	 */
	private static final int READERS = 2 * Runtime.getRuntime().availableProcessors() + 2;

	private final WriteAheadLog writeAheadLog;

	private final FileWatch watch;

	private SqliteDatabase(String description, HikariDataSource readers, HikariDataSource writer, WriteAheadLog log,
			FileWatch watch) {
		super(description, readers, writer, new SqliteErrors(), -1, new GroupCommit(log));
		this.watch = watch;
		this.writeAheadLog = log;
	}

	/**
	 * Opens the file, which is made or brought up to date first where that is needed.
	 * @throws StartRefused if it can't be
	 */
	static Database open(String url) {
		return open(url, WriteAheadLog::new);
	}

	static Database open(String url, Function<Path, WriteAheadLog> log) {
		SqliteFile file = SqliteFile.find(url);
		try {
			return open(file, log);
		}
		catch (IOException | SQLException | DataAccessException | TransactionException | FlywayException
				| HikariPool.PoolInitializationException ex) {
			throw SqliteErrors.refusal(file.path(), ex);
		}
	}

	private static Database open(SqliteFile file, Function<Path, WriteAheadLog> log) throws IOException, SQLException {
		file.requireNotMoved();
		file.requireWhole();
		String description = file.path().toString();
		if (file.content() == SqliteFile.Content.TUTORIAL) {
			Path copy = file.copyAside();
			keepPrivate(file);
			description += " (the tutorial's, whose file as it was is kept in " + copy.getFileName() + ")";
		}
		else if (file.content() == SqliteFile.Content.NOTHING) {
			keepPrivate(file);
			description += " (new)";
		}
		SQLiteDataSource connections = connections(file.url());
		int version = (file.content() == SqliteFile.Content.OURS) ? Migrations.version(JdbcClient.create(connections))
				: 0;
		if (version < Migrations.VERSION) {
			Migrations.ofSqlite(connections, file.content() == SqliteFile.Content.TUTORIAL).migrate();
			try (Connection connection = connections.getConnection()) {
				LeftLog.renumber(JdbcClient.create(new SingleConnectionDataSource(connection, true)));
			}
		}
		FileWatch watch = new FileWatch(file.path());

		// A select that turned out to write would wait for the writer: it fails instead
		HikariDataSource readers = new HikariDataSource(
				pool("readers", READERS, connections(file.url(), settings(), watch), "pragma query_only = on"));
		// A commit returns before it is on disk, so that the next can begin: to wait for
		// the disk is left to those who share that
		SQLiteConfig settings = settings();
		settings.setSynchronous(SynchronousMode.NORMAL);
		// macOS calls a write done that its disk may lose unless told not to; elsewhere
		// this does nothing
		HikariDataSource writer = new HikariDataSource(
				pool("writers", 1, connections(file.url(), settings, watch), "pragma fullfsync = on")) {
			@Override
			public Connection getConnection() throws SQLException {
				watch.requireInPlace();
				return super.getConnection();
			}
		};
		SqliteDatabase database = new SqliteDatabase(description, readers, writer, log.apply(file.path()), watch);
		try {
			database.requireReadAndWrite();
			warnOfOthers(file);
			return database;
		}
		catch (DataAccessException | TransactionException ex) {
			database.close();
			throw ex;
		}
	}

	/** From now on it holds secrets. */
	private static void keepPrivate(SqliteFile file) {
		try {
			SqliteFile.keepPrivate(file.path());
		}
		catch (IOException ex) {
			if (!Files.exists(file.path())) {
				throw new StartRefused("The database " + file.path() + " can't be made (" + ex.getMessage()
						+ "): make room and allow it, then start again.", ex);
			}
			// It is another user's, and the start warns of that
		}
	}

	/**
	 * A file that was there before keeps its permissions: a program that makes backups
	 * may need them.
	 */
	private static void warnOfOthers(SqliteFile file) {
		List<String> names = file.openToOthers();
		if (!names.isEmpty()) {
			log.warn("Others may read the signing keys and the password hashes in {}: run `chmod 600 '{}'*`.",
					String.join(", ", names), file.path());
		}
	}

	/** Whoever writes is alone already. */
	@Override
	public <T> T alone(String table, Supplier<T> work) {
		return inTransaction(work);
	}

	@Override
	public String forUpdate() {
		return "";
	}

	/** Brings what was overwritten out of the write-ahead log as well. */
	@Override
	public void forgetFormerBytes() {
		writes().sql("pragma wal_checkpoint(truncate)").query((row, number) -> row.getInt(1)).list();
	}

	@Override
	void requireReadAndWrite() {
		reads().sql("select count(*) from (select 1 from \"user\" limit 1)").query(Integer.class).single();
		inTransaction(() -> LeftLog.renumber(writes()));
		List<String> marks = reads().sql("select name from sqlite_master where type = 'table' and name in (?, ?)")
			.param(MovedMark.TABLE)
			.param(BackupNote.TABLE)
			.query(String.class)
			.list();
		if (!marks.isEmpty()) {
			throw new TransientDataAccessResourceException("The database is marked: " + marks);
		}
	}

	/**
	 * Notices that the file was taken away, also while nobody writes. Whenever SQLite has
	 * brought its log to the file, the next log must be told from that one.
	 */
	@Scheduled(fixedDelay = 1_000)
	void look() {
		if (this.watch.hasChanged()) {
			inTransaction(() -> LeftLog.renumber(writes()));
		}
	}

	@Override
	long size() {
		return reads().sql("select page_count * page_size from pragma_page_count(), pragma_page_size()")
			.query(Long.class)
			.single();
	}

	@Override
	public void close() {
		super.close();
		this.writeAheadLog.close();
		this.watch.close();
	}

	private static SQLiteConfig settings() {
		SQLiteConfig settings = new SQLiteConfig();
		// Readers see the last commit and never wait for the writer, nor it for them
		settings.setJournalMode(JournalMode.WAL);
		// A commit is on disk before it returns, so that an answered write survives a
		// power cut
		settings.setSynchronous(SynchronousMode.FULL);
		settings.enforceForeignKeys(true);
		settings.setBusyTimeout(BUSY_MILLIS);
		// A transaction takes the write lock at its start, where waiting helps, not in
		// the middle
		settings.setTransactionMode(TransactionMode.IMMEDIATE);
		// What is deleted or replaced, a key or a password's hash, is overwritten in the
		// pages that are written anyway
		settings.setPragma(SQLiteConfig.Pragma.SECURE_DELETE, "fast");
		return settings;
	}

	static SQLiteDataSource connections(String url) {
		SQLiteDataSource dataSource = new SQLiteDataSource(settings());
		dataSource.setUrl(url);
		return dataSource;
	}

	/** One that waits longer for others' locks than a client could. */
	static Connection patientConnection(String url, int millis) throws SQLException {
		SQLiteConfig settings = settings();
		settings.setBusyTimeout(millis);
		return settings.createConnection(url);
	}

	/** Connections that keep their statements, all to the file that was there first. */
	private static SQLiteDataSource connections(String url, SQLiteConfig settings, FileWatch watch) {
		return new SQLiteDataSource(settings) {
			@Override
			public SQLiteConnection getConnection(@Nullable String user, @Nullable String password)
					throws SQLException {
				watch.requireInPlace();
				return new StatementKeeper(url, getConfig().toProperties());
			}
		};
	}

	private static HikariConfig pool(String name, int size, SQLiteDataSource connections, String firstStatement) {
		HikariConfig pool = new HikariConfig(new Properties());
		pool.setPoolName(name);
		pool.setDataSource(connections);
		pool.setMaximumPoolSize(size);
		pool.setConnectionTimeout(TURN_MILLIS);
		// A connection to a file doesn't age
		pool.setMaxLifetime(0);
		pool.setConnectionInitSql(firstStatement);
		return pool;
	}

}
