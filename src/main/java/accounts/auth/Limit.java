package accounts.auth;

import java.time.Duration;

/** How many failures there may be, and how long to wait after them. Times are seconds. */
sealed interface Limit {

	/**
	 * A count that is further in the future than this was made by a clock that has been
	 * put back since.
	 */
	long SKEW = 60;

	/** How many of the failures still count. */
	long failures(Count count, long now);

	/** How long to wait until the next attempt; zero is not at all. */
	long wait(Count count, long now);

	/** What one more failure makes of the count. */
	Count next(Count count, long now);

	/**
	 * What was counted.
	 *
	 * @param since when the last failure was, or since when the count has been sinking
	 * @param expiresOn when it counts for nothing any more
	 */
	record Count(long failures, long since, long expiresOn) {

		static final Count NONE = new Count(0, 0, 0);

		/** Takes back failures that were none. */
		Count less(long number) {
			return new Count(Math.max(0, this.failures - number), this.since, this.expiresOn);
		}

	}

	/**
	 * Delays that double with each failure in a row.
	 *
	 * @param free how many failures there are before the first delay, of a second
	 * @param longest the delay that is not exceeded
	 */
	record Delays(int free, Duration longest) implements Limit {

		private static final long FORGOTTEN = Duration.ofDays(1).toSeconds();

		@Override
		public long failures(Count count, long now) {
			return (count.expiresOn > now) ? count.failures : 0;
		}

		@Override
		public long wait(Count count, long now) {
			long failures = failures(count, now);
			if (failures < this.free) {
				return 0;
			}
			long delay = Math.min(this.longest.toSeconds(), 1L << Math.min(failures - this.free, 30));
			long passed = now - count.since;
			return (passed < -Math.min(delay, SKEW)) ? 0 : Math.max(0, delay - Math.max(0, passed));
		}

		@Override
		public Count next(Count count, long now) {
			return new Count(failures(count, now) + 1, now, now + FORGOTTEN);
		}

	}

	/**
	 * A number that sinks by one in each interval, so that a burst may be followed by a
	 * trickle.
	 *
	 * @param most what the number may be
	 */
	record Rate(long most, Duration interval) implements Limit {

		/** As many in each hour, or at once. */
		static Rate hourly(long number) {
			return new Rate(number, Duration.ofHours(1).dividedBy(number));
		}

		private long sunk(Count count, long now) {
			return Math.max(0, (now - count.since) * 1000 / this.interval.toMillis());
		}

		@Override
		public long failures(Count count, long now) {
			return Math.max(0, count.failures - sunk(count, now));
		}

		@Override
		public long wait(Count count, long now) {
			long failures = failures(count, now);
			if (failures < this.most || count.since > now + SKEW) {
				return 0;
			}
			long sinksOn = count.since + seconds(count.failures - this.most + 1);
			return Math.max(1, Math.min(sinksOn - now, seconds(1)));
		}

		@Override
		public Count next(Count count, long now) {
			long failures = failures(count, now);
			if (count.since > now + SKEW) {
				failures = Math.min(failures, this.most - 1);
			}
			boolean sinking = failures > 0 && count.since <= now;
			long since = sinking ? count.since + seconds(sunk(count, now)) : now;
			return new Count(failures + 1, since, since + seconds(failures + 1));
		}

		private long seconds(long intervals) {
			return (this.interval.toMillis() * intervals + 999) / 1000;
		}

	}

}
