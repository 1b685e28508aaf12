package accounts.database;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;

import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Keeps each connection's prepared statements for their next use: neither the pool nor
 * SQLite's driver does, and preparing costs more than most of our statements take to run.
 */
final class StatementKeeper extends DelegatingDataSource {

	StatementKeeper(DataSource connections) {
		super(connections);
	}

	@Override
	public Connection getConnection() throws SQLException {
		Connection connection = super.getConnection();
		// No lock: a pool hands a connection to one thread at a time
		Map<String, PreparedStatement> idle = new HashMap<>();
		return proxy(Connection.class, (method, arguments) -> {
			if (method.getName().equals("prepareStatement") && arguments.length == 1) {
				String sql = (String) arguments[0];
				PreparedStatement kept = idle.remove(sql);
				return keeping(idle, sql, (kept != null) ? kept : connection.prepareStatement(sql));
			}
			try {
				return invoke(method, connection, arguments);
			}
			catch (SQLException ex) {
				if (method.getName().equals("setAutoCommit")) {
					// The driver takes a transaction for begun that another program's
					// lock
					// has kept from beginning, and would never begin one again
					connection.unwrap(SQLiteConnection.class).getConnectionConfig().setAutoCommit(true);
				}
				throw ex;
			}
		});
	}

	private static PreparedStatement keeping(Map<String, PreparedStatement> idle, String sql,
			PreparedStatement statement) {
		AtomicBoolean inUse = new AtomicBoolean(true);
		return proxy(PreparedStatement.class, (method, arguments) -> {
			if (!method.getName().equals("close")) {
				try {
					return invoke(method, statement, arguments);
				}
				catch (SQLException ex) {
					endTransaction(statement.getConnection());
					throw ex;
				}
			}
			// Closed twice, it may be somebody else's by now
			if (inUse.getAndSet(false) && !statement.getConnection().isClosed()) {
				forget(statement);
				PreparedStatement other = idle.put(sql, statement);
				if (other != null) {
					other.close();
				}
			}
			return null;
		});
	}

	/**
	 * Leaves nothing of the last user's to the next. Cleared in the driver's own way,
	 * SQLite would prepare a statement on two tables again.
	 */
	private static void forget(PreparedStatement statement) throws SQLException {
		for (int i = statement.getParameterMetaData().getParameterCount(); i > 0; i--) {
			statement.setObject(i, null);
		}
	}

	/**
	 * Ends what the driver begins of itself when a statement fails for which a table is
	 * missing, and then forgets: nobody else could write.
	 */
	private static void endTransaction(Connection connection) {
		try (Statement statement = connection.createStatement()) {
			if (connection.getAutoCommit()) {
				statement.execute("rollback");
			}
		}
		catch (SQLException ex) {
			// Nothing had begun, as it should be
		}
	}

	private static @Nullable Object invoke(Method method, Object target, Object[] arguments) throws Throwable {
		try {
			return method.invoke(target, arguments);
		}
		catch (InvocationTargetException ex) {
			throw ex.getTargetException();
		}
	}

	private static <T> T proxy(Class<T> type, Call call) {
		return type.cast(Proxy.newProxyInstance(StatementKeeper.class.getClassLoader(), new Class<?>[] { type },
				(proxy, method, arguments) -> call.invoke(method, (arguments != null) ? arguments : new Object[0])));
	}

	/** A method called on a proxy. */
	private interface Call {

		@Nullable Object invoke(Method method, Object[] arguments) throws Throwable;

	}

}
