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
import org.jspecify.annotations.Nullable;

import org.springframework.aop.AfterReturningAdvice;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.jdbc.support.SQLExceptionTranslator;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionSynchronizationManager;
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

	private final @Nullable GroupCommit commits;

	private long probed = System.nanoTime() - PROBE_NANOS;

	/**
	 * Takes over two open pools.
	 * @param timeout how many seconds a statement may take, -1 for as long as it does
	 * @param commits what brings commits to disk, unless they are there when they return
	 */
	Database(String description, HikariDataSource readers, HikariDataSource writers, SQLExceptionTranslator errors,
			int timeout, @Nullable GroupCommit commits) {
		this.description = description;
		this.readers = readers;
		this.writers = writers;
		this.reads = JdbcClient.create(template(readers, errors, timeout));
		DataSource queue = new Queue(writers, commits);
		JdbcTemplate template = template(queue, errors, timeout);
		this.writes = JdbcClient.create((commits != null) ? lasting(template) : template);
		this.transaction = new TransactionTemplate(new Transactions(queue, errors));
		this.commits = commits;
	}

	private static JdbcTemplate template(DataSource connections, SQLExceptionTranslator errors, int timeout) {
		JdbcTemplate template = new JdbcTemplate(connections);
		template.setExceptionTranslator(errors);
		template.setQueryTimeout(timeout);
		return template;
	}

	/** Waits for the disk after each statement, when its connection is another's. */
	private JdbcOperations lasting(JdbcTemplate template) {
		ProxyFactory proxy = new ProxyFactory(template);
		proxy.addAdvice((AfterReturningAdvice) (result, method, arguments, target) -> awaitDisk());
		return (JdbcOperations) proxy.getProxy();
	}

	/**
	 * Also where nothing was written: who was told that somebody else had been faster
	 * must not find after a power cut that nobody was.
	 */
	private void awaitDisk() {
		if (this.commits != null && !TransactionSynchronizationManager.isActualTransactionActive()) {
			this.commits.await();
		}
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
		T result = this.transaction.execute((status) -> work.get());
		awaitDisk();
		return result;
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

	/** Writers that wait, for a connection or for the disk: a few, not all there are. */
	private static final class Queue extends DelegatingDataSource {

		private final HikariDataSource pool;

		private final @Nullable GroupCommit commits;

		Queue(HikariDataSource pool, @Nullable GroupCommit commits) {
			super(pool);
			this.pool = pool;
			this.commits = commits;
		}

		@Override
		public Connection getConnection() throws SQLException {
			int waiting = this.pool.getHikariPoolMXBean().getThreadsAwaitingConnection()
					+ ((this.commits != null) ? this.commits.waiting() : 0);
			if (waiting >= WAITING_WRITERS) {
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
