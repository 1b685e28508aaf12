package accounts.database;

import java.sql.SQLException;

import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteException;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.jdbc.support.SQLExceptionTranslator;

/**
 * Tells what passes (a lock, a full disk) from what doesn't, which Spring knows of other
 * databases only.
 */
final class SqliteErrors implements SQLExceptionTranslator {

	private static final int SQLITE_BUSY = 5;

	private static final int SQLITE_LOCKED = 6;

	private static final int SQLITE_READONLY = 8;

	private static final int SQLITE_IOERR = 10;

	private static final int SQLITE_FULL = 13;

	private static final int SQLITE_CANTOPEN = 14;

	@Override
	public @Nullable DataAccessException translate(String task, @Nullable String sql, SQLException ex) {
		if (!(ex instanceof SQLiteException sqlite)) {
			return null;
		}
		// The low byte is the primary result code: https://sqlite.org/rescode.html
		return switch (sqlite.getResultCode().code & 0xff) {
			case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN ->
				new TransientDataAccessResourceException(task, ex);
			default -> null;
		};
	}

}
