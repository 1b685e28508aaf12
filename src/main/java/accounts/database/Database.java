package accounts.database;

import java.util.function.Supplier;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The open database. SQLite lets one connection write at a time, so that writers queue
 * for the only one there is, and any number read meanwhile without waiting.
 */
public final class Database implements AutoCloseable {

	private static final long PROBE_NANOS = 1_000_000_000;

	private final String description;

	private final HikariDataSource readers;

	private final HikariDataSource writer;

	private final JdbcClient reads;

	private final JdbcClient writes;

	private final TransactionTemplate transaction;

	private long probed = System.nanoTime() - PROBE_NANOS;

	Database(String description, HikariDataSource readers, HikariDataSource writer) {
		this.description = description;
		this.readers = readers;
		this.writer = writer;
		this.reads = client(readers);
		this.writes = client(writer);
		this.transaction = new TransactionTemplate(new Transactions(writer));
	}

	private static JdbcClient client(DataSource dataSource) {
		JdbcTemplate template = new JdbcTemplate(dataSource);
		template.setExceptionTranslator(new SqliteErrors());
		return JdbcClient.create(template);
	}

	/**
	 * For statements that only read: they see all that was committed before they began.
	 */
	public JdbcClient reads() {
		return this.reads;
	}

	/** For statements that write: each is on disk when it returns. */
	public JdbcClient writes() {
		return this.writes;
	}

	/** Several of {@link #writes()} that happen together or not at all. */
	public <T> T inTransaction(Supplier<T> work) {
		return this.transaction.execute((status) -> work.get());
	}

	/**
	 * Reads and writes, at most once a second however often it is asked, as each write
	 * waits for the disk.
	 * @throws org.springframework.dao.DataAccessException if it can't
	 */
	synchronized void probe() {
		if (System.nanoTime() - this.probed >= PROBE_NANOS) {
			requireReadAndWrite();
			this.probed = System.nanoTime();
		}
	}

	void requireReadAndWrite() {
		this.reads.sql("select count(*) from (select 1 from \"user\" limit 1)").query(Integer.class).single();
		// Writes the file's header as it is: a number of the application's that nobody
		// uses
		this.writes.sql("pragma user_version = 0").update();
	}

	/** Where it is and how it came to be there, in words for the operator. */
	public String description() {
		return this.description;
	}

	@Override
	public void close() {
		this.readers.close();
		this.writer.close();
	}

	private static final class Transactions extends JdbcTransactionManager {

		Transactions(DataSource dataSource) {
			super(dataSource);
			setExceptionTranslator(new SqliteErrors());
		}

		/**
		 * On a full disk SQLite rolls back by itself, after which there is nothing left
		 * to: the client is to be told of the disk. If there is, the pool ends the
		 * connection.
		 */
		@Override
		protected void doRollback(DefaultTransactionStatus status) {
			try {
				super.doRollback(status);
			}
			catch (RuntimeException ex) {
				this.logger.debug("Not rolled back", ex);
			}
		}

	}

}
