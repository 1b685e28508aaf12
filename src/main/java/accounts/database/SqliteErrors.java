package accounts.database;

import java.nio.file.Path;
import java.sql.SQLException;

import accounts.start.StartRefused;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
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

	private static final int SQLITE_INTERRUPT = 9;

	private static final int SQLITE_IOERR = 10;

	private static final int SQLITE_CORRUPT = 11;

	private static final int SQLITE_FULL = 13;

	private static final int SQLITE_CANTOPEN = 14;

	private static final int SQLITE_CONSTRAINT = 19;

	private static final int SQLITE_NOTADB = 26;

	private static final String RESTORE = ": restore a backup with `restore --replace`, or set SPRING_DATASOURCE_URL to "
			+ "another file.";

	@Override
	public @Nullable DataAccessException translate(String task, @Nullable String sql, SQLException ex) {
		if (!(ex instanceof SQLiteException sqlite)) {
			return null;
		}
		return switch (code(sqlite)) {
			case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN ->
				new TransientDataAccessResourceException(task, ex);
			// The one trigger there is says that the data was moved elsewhere
			case SQLITE_CONSTRAINT -> (sqlite.getResultCode() == SQLiteErrorCode.SQLITE_CONSTRAINT_TRIGGER)
					? new TransientDataAccessResourceException(task, ex) : null;
			case SQLITE_CORRUPT, SQLITE_NOTADB -> new DataAccessResourceFailureException("The database is damaged ("
					+ ex.getMessage() + "): stop the service, and restore a backup with `restore --replace`");
			default -> null;
		};
	}

	/** Why the start stops, and what to do about it. */
	static StartRefused refusal(Path path, Exception failure) {
		Throwable cause = NestedExceptionUtils.getMostSpecificCause(failure);
		int code = (cause instanceof SQLiteException sqlite) ? code(sqlite) : 0;
		return new StartRefused("The database " + path + switch (code) {
			case SQLITE_BUSY, SQLITE_LOCKED -> " is locked by another program: stop that one, then start again.";
			case SQLITE_FULL -> " can't be written, as the disk is full: make room, then start again.";
			case SQLITE_CORRUPT, SQLITE_NOTADB -> " is damaged" + RESTORE;
			case SQLITE_READONLY, SQLITE_IOERR, SQLITE_CANTOPEN ->
				" can't be read and written: check the disk and the permissions of the file and of its folder.";
			default -> " can't be brought to the schema of this program, and its data is as it was: mend this first: "
					+ String.valueOf(cause.getMessage()).replaceAll("\\s+", " ") + ".";
		}, failure);
	}

	/** Why the start stops at what SQLite's check has found. */
	static StartRefused damaged(Path path, String found) {
		return new StartRefused(
				"The database " + path + " is damaged (" + found.replaceAll("\\s+", " ") + ")" + RESTORE);
	}

	/** Whether it was told to stop. */
	static boolean isInterrupted(SQLException ex) {
		return ex instanceof SQLiteException sqlite && code(sqlite) == SQLITE_INTERRUPT;
	}

	/** Whether the file is damaged, or no database. */
	static boolean isDamaged(SQLException ex) {
		return ex instanceof SQLiteException sqlite
				&& (code(sqlite) == SQLITE_CORRUPT || code(sqlite) == SQLITE_NOTADB);
	}

	/** Whether another program was in the way. */
	static boolean isLocked(Throwable cause) {
		return cause instanceof SQLiteException sqlite
				&& (code(sqlite) == SQLITE_BUSY || code(sqlite) == SQLITE_LOCKED);
	}

	/** The primary result code is the low byte: https://sqlite.org/rescode.html */
	private static int code(SQLiteException ex) {
		return ex.getResultCode().code & 0xff;
	}

}
