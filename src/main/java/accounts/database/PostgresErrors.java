package accounts.database;

import java.sql.SQLException;

import accounts.start.StartRefused;
import org.jspecify.annotations.Nullable;

import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.jdbc.support.SQLExceptionTranslator;
import org.springframework.jdbc.support.SQLStateSQLExceptionTranslator;

/**
 * Tells what passes (a server that restarts, a lock, a full disk) from what doesn't, by
 * the classes of https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
final class PostgresErrors implements SQLExceptionTranslator {

	/** The one failure of its class that more rights mend. */
	private static final String NO_RIGHT = "42501";

	/** Somebody, or a time-out, ended a statement of a server that goes on. */
	private static final String CANCELED = "57014";

	private final SQLExceptionTranslator others = new SQLStateSQLExceptionTranslator();

	@Override
	public @Nullable DataAccessException translate(String task, @Nullable String sql, SQLException ex) {
		String state = String.valueOf(ex.getSQLState());
		return switch (state.substring(0, 2)) {
			// No connection, no resources, the operator's doing (time-outs are among it),
			// system errors
			case "08", "53", "57", "58" -> new TransientDataAccessResourceException(task, ex);
			// A server that has become a standby refuses writes until its clients come to
			// the new one
			case "25" -> new TransientDataAccessResourceException(task, ex);
			// Deadlocks, and what can't be serialized or locked
			case "40", "55" -> new PessimisticLockingFailureException(task, ex);
			// Damaged data or a damaged index, and what the server itself did not foresee
			case "XX" -> new DataAccessResourceFailureException(task, ex);
			default -> this.others.translate(task, sql, ex);
		};
	}

	/** Why the start stops, and what to do about it. */
	static StartRefused refusal(String place, Exception failure) {
		Throwable cause = NestedExceptionUtils.getMostSpecificCause(failure);
		String state = "";
		for (Throwable ex = failure; ex != null; ex = ex.getCause()) {
			if (ex instanceof SQLException sql && sql.getSQLState() != null) {
				state = sql.getSQLState();
			}
		}
		String words = String.valueOf(cause.getMessage()).replaceAll("\\s+", " ").replaceFirst("\\.$", "");
		return new StartRefused(switch (kind(state)) {
			case "28" -> "PostgreSQL at " + place + " lets nobody in with these credentials (" + words
					+ "): set SPRING_DATASOURCE_USERNAME and SPRING_DATASOURCE_PASSWORD.";
			case "3D" ->
				"There is no such database (" + words + "): create it, or set SPRING_DATASOURCE_URL to another.";
			case NO_RIGHT -> "The user may not do in the database " + place + " what it must (" + words
					+ "): make it the owner of the database or of the schema.";
			case "53", "58" -> "PostgreSQL at " + place + " lacks what it needs (" + words
					+ "): see to its disk, its memory and its max_connections, then start again.";
			case "08", "57" -> "PostgreSQL at " + place + " can't be reached (" + words
					+ "): start it, or set SPRING_DATASOURCE_URL to where it is.";
			default ->
				"The database " + place + " can't be brought to the schema of this program, and its data is as it "
						+ "was: mend this first: " + words + ".";
		}, failure);
	}

	private static String kind(String state) {
		return (state.isEmpty() || state.equals(NO_RIGHT) || state.equals(CANCELED)) ? state : state.substring(0, 2);
	}

}
