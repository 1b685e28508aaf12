package accounts.database;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * Counts rows of a table by id, a stretch at a time: one look costs no more than that
 * many rows, however long the table is. The count is that of the last walk through all of
 * it, and none begins within a minute of the one before.
 */
public final class Tally {

	/** How often a walk begins at most. */
	private static final Duration FRESH = Duration.ofMinutes(1);

	/** Rows in a stretch: SQLite looks at them in a tenth of a second or less. */
	private static final int STRETCH = 100_000;

	private final Clock clock;

	private final Walk walk;

	private final int stretch;

	private Instant began = Instant.MIN;

	private long after;

	private long counting;

	private double counted = Double.NaN;

	public Tally(Clock clock, Walk walk) {
		this(clock, STRETCH, walk);
	}

	Tally(Clock clock, int stretch, Walk walk) {
		this.clock = clock;
		this.stretch = stretch;
		this.walk = walk;
	}

	/**
	 * Goes on where the last look ended.
	 * @return the latest count; not a number before there is one
	 */
	public synchronized double look() {
		Instant now = this.clock.instant();
		if (this.after == 0 && now.isBefore(this.began.plus(FRESH))) {
			return this.counted;
		}
		Stretch next = this.walk.from(this.after, this.stretch);
		if (this.after == 0) {
			this.began = now;
			this.counting = 0;
		}
		this.counting += next.counted;
		this.after = next.last;
		if (next.looked < this.stretch) {
			this.counted = this.counting;
			this.after = 0;
		}
		return this.counted;
	}

	/** Looks at rows in the order of their ids. */
	@FunctionalInterface
	public interface Walk {

		/**
		 * Looks at some rows.
		 * @param after the id before the first
		 * @param most how many
		 */
		Stretch from(long after, int most);

	}

	/**
	 * Some rows in the order of their ids.
	 *
	 * @param looked how many there were
	 * @param counted how many of them count
	 * @param last the last one's id
	 */
	public record Stretch(long looked, long counted, long last) {

	}

}
