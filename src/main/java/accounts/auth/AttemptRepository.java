package accounts.auth;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;

import accounts.auth.Limit.Count;
import accounts.database.Database;

import org.springframework.dao.CannotAcquireLockException;
import org.springframework.stereotype.Repository;

/** The tables attempt and known_place. */
@Repository
class AttemptRepository {

	/** How many of a user's places are remembered. */
	private static final int PLACES = 50;

	private final Database db;

	private final Clock clock;

	AttemptRepository(Database db, Clock clock) {
		this.db = db;
		this.clock = clock;
	}

	/**
	 * What is counted under three hashes, and when the user was last known at a place,
	 * with one look.
	 */
	Standing standing(String first, String second, String third, long userId, String place) {
		Map<String, Count> counts = new HashMap<>();
		List<Long> known = new ArrayList<>();
		this.db.reads()
			.sql("""
					select hash, failures, since, expires_on from attempt where hash in (?, ?, ?)
					union all
					select '', 0, known_on, 0 from known_place where user_id = ? and place = ?""")
			.param(first)
			.param(second)
			.param(third)
			.param(userId)
			.param(place)
			.query((row) -> {
				if (row.getString("hash").isEmpty()) {
					known.add(row.getLong("since"));
				}
				else {
					counts.put(row.getString("hash"),
							new Count(row.getLong("failures"), row.getLong("since"), row.getLong("expires_on")));
				}
			});
		return new Standing(counts, known.isEmpty() ? 0 : known.get(0));
	}

	/** What is counted under a hash, if anything is. */
	Map<String, Count> count(String hash) {
		return standing(hash, hash, hash, 0, "").counts();
	}

	/**
	 * Changes counts while nobody else does.
	 * @param change makes the new counts of the old ones; those with no failures are
	 * removed
	 */
	void change(Collection<String> hashes, Function<Map<String, Count>, Map<String, Count>> change) {
		this.db.inTransaction(() -> {
			Map<String, Count> counts = new HashMap<>();
			// In order, so that no two wait for each other's rows
			new TreeSet<>(hashes).forEach((hash) -> this.db.writes()
				.sql("select failures, since, expires_on from attempt where hash = ?" + this.db.forUpdate())
				.param(hash)
				.query((row, number) -> new Count(row.getLong("failures"), row.getLong("since"),
						row.getLong("expires_on")))
				.optional()
				.ifPresent((count) -> counts.put(hash, count)));
			change.apply(new HashMap<>(counts))
				.forEach((hash, count) -> put(hash, counts.getOrDefault(hash, Count.NONE), count));
			return counts;
		});
	}

	private void put(String hash, Count old, Count count) {
		if (count.failures() == 0) {
			this.db.writes().sql("delete from attempt where hash = ?").param(hash).update();
			return;
		}
		int put = this.db.writes()
			.sql("""
					insert into attempt (hash, failures, since, expires_on) values (?, ?, ?, ?)
					on conflict (hash) do update
						set failures = excluded.failures, since = excluded.since, expires_on = excluded.expires_on
						where attempt.failures = ? and attempt.since = ?""")
			.param(hash)
			.param(count.failures())
			.param(count.since())
			.param(count.expiresOn())
			.param(old.failures())
			.param(old.since())
			.update();
		if (put == 0) {
			// There was no row to hold, and now somebody else has made one: once more
			throw new CannotAcquireLockException("Counted by somebody else at the same time");
		}
	}

	/** Notes that a user has logged in from a place, and forgets the oldest of many. */
	void know(long userId, String place) {
		this.db.writes()
			.sql("""
					insert into known_place (user_id, place, known_on) values (?, ?, ?)
					on conflict (user_id, place) do update set known_on = excluded.known_on""")
			.param(userId)
			.param(place)
			.param(now())
			.update();
		this.db.writes().sql("""
				delete from known_place where user_id = ? and place in (
					select place from known_place where user_id = ? order by known_on desc, place
					limit 1000000 offset ?)""").param(userId).param(userId).param(PLACES).update();
	}

	/** Forgets all places of a user but one. */
	void forgetPlaces(long userId, String kept) {
		this.db.writes()
			.sql("delete from known_place where user_id = ? and place <> ?")
			.param(userId)
			.param(kept)
			.update();
	}

	/** Several changes that happen together or not at all. */
	<T> T together(Supplier<T> work) {
		return this.db.inTransaction(work);
	}

	/**
	 * Removes some of the counts that count for nothing any more.
	 * @return how many
	 */
	int clear(int most) {
		return this.db.inTransaction(() -> this.db.writes()
			.sql("delete from attempt where hash in (select hash from attempt where expires_on < ? limit ?)")
			.param(now() - Limit.SKEW)
			.param(most)
			.update());
	}

	/**
	 * Removes some of the places where nobody was for long.
	 * @return how many
	 */
	int clearPlaces(long knownBefore, int most) {
		return this.db.inTransaction(() -> this.db.writes()
			.sql("""
					delete from known_place where (user_id, place) in (
						select user_id, place from known_place where known_on < ? limit ?)""")
			.param(knownBefore)
			.param(most)
			.update());
	}

	private long now() {
		return this.clock.instant().getEpochSecond();
	}

	/**
	 * What an attempt to log in is judged by.
	 *
	 * @param counts by their hashes
	 * @param knownOn when the user last logged in from there; zero is not lately
	 */
	record Standing(Map<String, Count> counts, long knownOn) {

		Count count(String hash) {
			return this.counts.getOrDefault(hash, Count.NONE);
		}

	}

}
