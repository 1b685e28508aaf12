package accounts.database;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

import org.jspecify.annotations.Nullable;
import org.sqlite.JDBC;
import org.sqlite.jdbc4.JDBC4Connection;
import org.sqlite.jdbc4.JDBC4PreparedStatement;

/**
 * A connection to a SQLite file that keeps its prepared statements for their next use:
 * neither the pool nor SQLite's driver does, and preparing costs more than most of our
 * statements take to run.
 */
final class StatementKeeper extends JDBC4Connection {

	/** No lock: a pool hands a connection to one thread at a time. */
	private final Map<String, Kept> idle = new HashMap<>();

	StatementKeeper(String url, Properties settings) throws SQLException {
		super(url, url.substring(JDBC.PREFIX.length()), settings);
	}

	@Override
	public PreparedStatement prepareStatement(String sql) throws SQLException {
		if (sql.startsWith("pragma")) {
			// They are quick, and no two that set a number are the same
			return super.prepareStatement(sql);
		}
		Kept kept = this.idle.remove(sql);
		if (kept == null) {
			return new Kept(sql);
		}
		kept.inUse = true;
		return kept;
	}

	@Override
	public void setAutoCommit(boolean autoCommit) throws SQLException {
		try {
			super.setAutoCommit(autoCommit);
		}
		catch (SQLException ex) {
			// The driver takes a transaction for begun that another program's lock has
			// kept from beginning, and would never begin one again
			getConnectionConfig().setAutoCommit(true);
			throw ex;
		}
	}

	/**
	 * Ends what the driver begins of itself when a statement fails for which a table is
	 * missing, and then forgets: nobody else could write.
	 */
	private void endTransaction() {
		try (Statement statement = createStatement()) {
			if (getAutoCommit()) {
				statement.execute("rollback");
			}
		}
		catch (SQLException ex) {
			// Nothing had begun, as it should be
		}
	}

	private final class Kept extends JDBC4PreparedStatement {

		private final String key;

		private boolean inUse = true;

		private String @Nullable [] columns;

		Kept(String sql) throws SQLException {
			super(StatementKeeper.this, sql);
			this.key = sql;
		}

		@Override
		public ResultSet executeQuery() throws SQLException {
			return run(super::executeQuery);
		}

		@Override
		public long executeLargeUpdate() throws SQLException {
			return run(super::executeLargeUpdate);
		}

		@Override
		public boolean execute() throws SQLException {
			return run(super::execute);
		}

		private <T> T run(Call<T> call) throws SQLException {
			try {
				return call.run();
			}
			catch (SQLException ex) {
				endTransaction();
				throw ex;
			}
		}

		/** The driver would ask SQLite for the names of the columns each time. */
		@Override
		public @Nullable ResultSet getResultSet() throws SQLException {
			this.rs.colsMeta = this.columns;
			ResultSet result = super.getResultSet();
			this.columns = this.rs.colsMeta;
			return result;
		}

		/** Leaves nothing of the last user's to the next. */
		@Override
		public void close() throws SQLException {
			if (!this.inUse) {
				return;
			}
			this.inUse = false;
			this.rs.close();
			if (this.batch != null) {
				// Cleared in the driver's own way, SQLite would prepare a statement on
				// two tables again
				Arrays.fill(this.batch, null);
			}
			// The driver ends a statement that fails
			boolean ended = this.pointer.isClosed() || StatementKeeper.this.isClosed();
			Kept other = ended ? this : StatementKeeper.this.idle.put(this.key, this);
			if (other != null) {
				other.end();
			}
		}

		private void end() throws SQLException {
			super.close();
		}

	}

	private interface Call<T> {

		T run() throws SQLException;

	}

}
