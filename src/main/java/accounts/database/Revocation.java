package accounts.database;

import java.time.Instant;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What a restored database has otherwise than its backup, so that nothing holds in it
 * that was revoked, and no id means somebody else, since the backup was made.
 */
final class Revocation implements Copier.Change {

	/** What happens to the rows of a table. */
	enum Fate {

		/** They come back as they were. */
		KEPT,

		/** Each is ended, as by a logout. */
		ENDED,

		/** They do not come back. */
		LEFT_OUT

	}

	/** Every table there is: a test fails for one that is missing here. */
	static final Map<String, Fate> FATES = Map.of( //
			"user", Fate.KEPT, //
			"signing_key", Fate.KEPT, //
			"session", Fate.ENDED, //
			"refreshed", Fate.LEFT_OUT, //
			// They end by themselves, and to forget them would give who guesses new tries
			"attempt", Fate.KEPT, //
			// A place that a new password has made strange since must not be known again
			"known_place", Fate.LEFT_OUT);

	/** Of ids that were given since the backup, more than can be. */
	static final long SKIPPED = 1_000_000;

	private final long now;

	Revocation(Instant now) {
		this.now = now.getEpochSecond();
	}

	@Override
	public byte @Nullable [][] row(Table table, byte[][] row) {
		Fate fate = FATES.get(table.name());
		if (fate == null) {
			throw new IllegalStateException("Nobody has said what a restore does with " + table.name());
		}
		return switch (fate) {
			case KEPT -> row;
			case ENDED -> ended(table, row);
			case LEFT_OUT -> null;
		};
	}

	private byte[][] ended(Table table, byte[][] row) {
		byte[][] ended = row.clone();
		for (int i = 0; i < ended.length; i++) {
			switch (table.columns().get(i).name()) {
				case "ended_on" -> ended[i] = (row[i] != null) ? row[i] : Store.bytes(this.now);
				case "user_agent", "ip", "successor" -> ended[i] = null;
				default -> {
				}
			}
		}
		return ended;
	}

	@Override
	public long nextId(long nextId) {
		return nextId + SKIPPED;
	}

	/**
	 * Ends the sessions that the backup has never known, too: the status lists say so of
	 * each id without a row that is lower than the newest one's.
	 */
	void finish(Store store) {
		for (Table table : store.tables()) {
			if (table.name().equals("session")) {
				long next = store.nextId(table);
				String none = store.isPostgres() ? "''::bytea" : "x''";
				store.execute("insert into session (id, created_on, last_used_on, ended_on, refresh_hash) values ("
						+ (next - 1) + ", " + this.now + ", " + this.now + ", " + this.now + ", " + none + ")");
			}
		}
	}

}
