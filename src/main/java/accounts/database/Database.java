package accounts.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.function.Supplier;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.jdbc.support.SQLExceptionTranslator;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The open database. Readers have connections of their own, so that they never wait for
 * writers that wait for each other.
 */
public abstract class Database implements AutoCloseable, MeterBinder {

	/**
	 * More requests than this that wait to write would leave the server no threads for
	 * those that only read.
	 */
	private static final int WAITING_WRITERS = 64;

	private static final long PROBE_NANOS = 1_000_000_000;

	private final String description;

	private final HikariDataSource readers;

	private final HikariDataSource writers;

	private final JdbcClient reads;

	private final JdbcClient writes;

	private final TransactionTemplate transaction;

	private long probed = System.nanoTime() - PROBE_NANOS;

	/**
	 * Takes over two open pools.
	 * @param timeout how many seconds a statement may take, -1 for as long as it does
	 */
	Database(String description, HikariDataSource readers, HikariDataSource writers, SQLExceptionTranslator errors,
			int timeout) {
		this.description = description;
		this.readers = readers;
		this.writers = writers;
		this.reads = client(readers, errors, timeout);
		DataSource queue = new Queue(writers);
		this.writes = client(queue, errors, timeout);
		this.transaction = new TransactionTemplate(new Transactions(queue, errors));
	}

	private static JdbcClient client(DataSource connections, SQLExceptionTranslator errors, int timeout) {
		JdbcTemplate template = new JdbcTemplate(connections);
		template.setExceptionTranslator(errors);
		template.setQueryTimeout(timeout);
		return JdbcClient.create(template);
	}

	/**
	 * For statements that only read: they see all that was committed before they began,
	 * also within a transaction of {@link #writes()}.
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

	/** A transaction in which nobody else, on any instance, writes to the table. */
	public abstract <T> T alone(String table, Supplier<T> work);

	/**
	 * What a select of {@link #writes()} ends in so that nobody else changes or deletes
	 * the rows that it found before the transaction has ended.
	 */
	public abstract String forUpdate();

	/** Leaves nothing to be found on disk of what was just overwritten. */
	public abstract void forgetFormerBytes();

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

	abstract void requireReadAndWrite();

	/** How large it is, in bytes. */
	abstract long size();

	@Override
	public void bindTo(MeterRegistry registry) {
		this.readers.setMetricRegistry(registry);
		this.writers.setMetricRegistry(registry);
		Gauge.builder("accounts.database.size", this, Database::size)
			.baseUnit("bytes")
			.description("How large the database is")
			.register(registry);
	}

	/** Where it is and how it came to be there, in words for the operator. */
	public String description() {
		return this.description;
	}

	@Override
	public void close() {
		this.readers.close();
		this.writers.close();
	}

	/** Writers that wait for a connection: a few, not all that there are. */
	private static final class Queue extends DelegatingDataSource {

		private final HikariDataSource pool;

		Queue(HikariDataSource pool) {
			super(pool);
			this.pool = pool;
		}

		@Override
		public Connection getConnection() throws SQLException {
			if (this.pool.getHikariPoolMXBean().getThreadsAwaitingConnection() >= WAITING_WRITERS) {
				throw new SQLTransientConnectionException(WAITING_WRITERS + " others wait to write");
			}
			return super.getConnection();
		}

	}

	private static final class Transactions extends JdbcTransactionManager {

		Transactions(DataSource connections, SQLExceptionTranslator errors) {
			super(connections);
			setExceptionTranslator(errors);
		}

		/**
		 * On a full disk SQLite rolls back by itself, and a server that has gone has done
		 * so too: the client is to be told of that. If there is something left to roll
		 * back, the pool ends the connection.
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
