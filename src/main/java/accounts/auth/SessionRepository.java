package accounts.auth;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;

import accounts.database.Database;
import accounts.database.Tally;
import accounts.user.Credentials;
import accounts.user.User;
import accounts.user.UserRepository;
import org.jspecify.annotations.Nullable;

import org.springframework.stereotype.Repository;

/** The session table. */
@Repository
class SessionRepository {

	/**
	 * A session that holds: its user is there, it was not ended, it was used lately and
	 * is not too old.
	 */
	private static final String HOLDS = "user_id is not null and ended_on is null and last_used_on > ? and session.created_on > ?";

	/** What ends a session, and leaves nothing of its user's in it. */
	private static final String END = "update session set ended_on = ?, user_agent = null, ip = null, successor = null ";

	/** The user of a session that holds, with one look at both. */
	private static final String LOGIN = """
			select "user".id, first_name, last_name, email, "user".created_on, last_used_on,
				case when successor is not null then refresh_hash end as unused
			from session join "user" on "user".id = user_id
			where session.id = ? and user_id = ? and\s""" + HOLDS;

	/** The clocks of instances may differ by this many seconds. */
	private static final long SKEW = 60;

	/**
	 * More sessions than can be opened at the same moment, whose rows nobody sees yet.
	 */
	private static final long OPENING = 1_000;

	private final Database db;

	private final SessionSettings settings;

	private final Clock clock;

	SessionRepository(Database db, SessionSettings settings, Clock clock) {
		this.db = db;
		this.settings = settings;
		this.clock = clock;
	}

	/** The user of a session that holds, with one look at both. */
	Optional<Login> login(long userId, long sessionId) {
		return this.db.reads()
			.sql(LOGIN)
			.param(sessionId)
			.param(userId)
			.param(usedAfter())
			.param(createdAfter())
			.query((row, number) -> new Login(UserRepository.user(row, number), instant(row, "last_used_on"),
					row.getBytes("unused")))
			.optional();
	}

	/** The user's sessions that hold, the newest first. */
	List<Session> ofUser(long userId) {
		return this.db.reads()
			.sql("select id, created_on, last_used_on, user_agent, ip from session where user_id = ? and " + HOLDS
					+ " order by id desc")
			.param(userId)
			.param(usedAfter())
			.param(createdAfter())
			.query((row, number) -> session(row))
			.list();
	}

	Optional<Renewal> renewal(long id) {
		return this.db.reads()
			.sql("select user_id, created_on, ended_on, refresh_hash, successor, (" + HOLDS
					+ ") as holds from session where id = ?")
			.param(usedAfter())
			.param(createdAfter())
			.param(id)
			.query((row, number) -> new Renewal(row.getLong("user_id"), row.getBoolean("holds"),
					row.getObject("ended_on") != null || row.getObject("user_id") == null, instant(row, "created_on"),
					row.getBytes("refresh_hash"), row.getBytes("successor")))
			.optional();
	}

	/**
	 * What a refresh token was answered with when it was used, for who has it to read.
	 * @param asked when it came again: within the grace, however long it waited then
	 */
	Optional<byte[]> answer(RefreshToken used, Instant asked) {
		return this.db.reads()
			.sql("select answer from refreshed where hash = ? and coalesce(answered_on, refreshed_on) >= ?")
			.param(used.hash())
			.param(asked.minus(this.settings.refreshGrace()).getEpochSecond())
			.query((row, number) -> row.getBytes("answer"))
			.optional();
	}

	/**
	 * Opens a session, and ends those idle longest where the user has too many.
	 * @param firstToken makes the refresh token of the session with that id
	 * @return nothing if the credentials have changed since they were read
	 */
	Optional<RefreshToken> open(Credentials credentials, @Nullable String userAgent, @Nullable String ip,
			LongFunction<RefreshToken> firstToken) {
		return this.db.inTransaction(() -> this.db.writes()
			.sql("""
					insert into session (user_id, created_on, last_used_on, user_agent, ip, refresh_hash)
					select id, ?, ?, ?, ?, ? from "user" where id = ? and password = ?%s
					returning id""".replace("%s", this.db.forUpdate()))
			.param(now())
			.param(now())
			.param(userAgent)
			.param(ip)
			.param(new byte[0])
			.param(credentials.user().id())
			.param(credentials.hash())
			.query(Long.class)
			.optional()
			.map((id) -> {
				RefreshToken token = firstToken.apply(id);
				this.db.writes()
					.sql("update session set refresh_hash = ? where id = ?")
					.param(token.hash())
					.param(id)
					.update();
				makeRoom(credentials.user().id(), id);
				return token;
			}));
	}

	private void makeRoom(long userId, long newest) {
		this.db.writes()
			.sql(END + """
					where id in (
						select id from session where user_id = ? and id <> ? and %s
						order by last_used_on desc, id desc limit 1000000 offset ?)""".replace("%s", HOLDS))
			.param(now())
			.param(userId)
			.param(newest)
			.param(usedAfter())
			.param(createdAfter())
			.param(this.settings.perUser() - 1)
			.update();
	}

	/**
	 * Puts the next refresh token in the place of one, unless somebody has done so
	 * before.
	 */
	boolean rotate(RefreshToken old, RefreshToken next, byte[] answer) {
		return this.db.inTransaction(() -> {
			int rotated = this.db.writes()
				.sql("""
						update session set refresh_hash = ?, successor = ?, last_used_on = ?
						where id = ? and refresh_hash = ? and\s""" + HOLDS)
				.param(next.hash())
				.param(old.hide(next))
				.param(now())
				.param(old.sessionId())
				.param(old.hash())
				.param(usedAfter())
				.param(createdAfter())
				.update();
			if (rotated > 0) {
				this.db.writes()
					.sql("insert into refreshed (hash, session_id, refreshed_on, answer) values (?, ?, ?, ?)")
					.param(old.hash())
					.param(old.sessionId())
					.param(now())
					.param(answer)
					.update();
			}
			return rotated > 0;
		});
	}

	/**
	 * Keeps a new answer in the place of one that was lost, and has the grace begin anew.
	 * @param next the token in its place, which must still be unused
	 */
	boolean answerAgain(RefreshToken old, RefreshToken next, byte[] answer) {
		return this.db.inTransaction(() -> {
			int unused = this.db.writes()
				.sql("""
						update session set last_used_on = ?
						where id = ? and refresh_hash = ? and successor is not null and\s""" + HOLDS)
				.param(now())
				.param(old.sessionId())
				.param(next.hash())
				.param(usedAfter())
				.param(createdAfter())
				.update();
			if (unused > 0) {
				this.db.writes()
					.sql("""
							insert into refreshed (hash, session_id, refreshed_on, answer, answered_on)
							values (?, ?, ?, ?, ?)
							on conflict (hash) do update
								set answer = excluded.answer, answered_on = excluded.answered_on""")
					.param(old.hash())
					.param(old.sessionId())
					.param(next.madeOn())
					.param(answer)
					.param(now())
					.update();
			}
			return unused > 0;
		});
	}

	/**
	 * Looks back over the last renewals of a session.
	 * @param renewals how many
	 * @param after no further than this second
	 * @return when the first of them was, if there were so many
	 */
	Optional<Long> renewedBefore(long id, int renewals, long after) {
		return this.db.reads()
			.sql("""
					select refreshed_on from refreshed where session_id = ? and refreshed_on > ?
					order by refreshed_on desc limit 1 offset ?""")
			.param(id)
			.param(after)
			.param(renewals - 1)
			.query(Long.class)
			.optional();
	}

	/** Ends a session, unless somebody has done so before. */
	boolean end(long id) {
		return this.db.writes().sql(END + "where id = ? and ended_on is null").param(now()).param(id).update() > 0;
	}

	/**
	 * Ends one of the user's sessions.
	 * @throws SessionNotFound if the user has none with this id
	 */
	void end(long userId, long id) {
		int ended = this.db.writes()
			.sql(END + "where id = ? and user_id = ? and " + HOLDS)
			.param(now())
			.param(id)
			.param(userId)
			.param(usedAfter())
			.param(createdAfter())
			.update();
		if (ended == 0) {
			throw new SessionNotFound();
		}
	}

	/**
	 * Keeps everybody else from ending one of the user's sessions until the transaction
	 * has ended.
	 * @return whether it holds
	 */
	boolean hold(long userId, long id) {
		return this.db.writes()
			.sql("select id from session where id = ? and user_id = ? and " + HOLDS + this.db.forUpdate())
			.param(id)
			.param(userId)
			.param(usedAfter())
			.param(createdAfter())
			.query(Long.class)
			.optional()
			.isPresent();
	}

	/** Ends all sessions of a user but one. */
	void endOthers(long userId, @Nullable Long kept) {
		this.db.writes()
			.sql(END + "where user_id = ? and id <> ? and ended_on is null")
			.param(now())
			.param(userId)
			.param((kept != null) ? kept : -1)
			.update();
	}

	/** Notes how sessions were used, by their ids. */
	void used(Map<Long, SessionUses.Use> uses) {
		this.db.inTransaction(() -> {
			uses.forEach((id, use) -> this.db.writes()
				.sql("""
						update session set last_used_on = case when last_used_on < ? then ? else last_used_on end,
							successor = case when refresh_hash = ? then null else successor end
						where id = ? and (last_used_on < ? or refresh_hash = ?)""")
				.param(use.second())
				.param(use.second())
				.param(use.refreshHash())
				.param(id)
				.param(use.second())
				.param(use.refreshHash())
				.update());
			return uses;
		});
	}

	/**
	 * Looks through some sessions and removes those that nobody will ask for any more.
	 * @param after the last id that was looked at before
	 * @param keep how many seconds a session that does not hold is kept, so that its
	 * tokens are told why they are refused
	 * @return the last id that was looked at now, if there was any
	 */
	Optional<Long> clear(long after, long keep, int most) {
		List<Old> looked = this.db.reads()
			.sql("""
					select id, (coalesce(ended_on < ?, user_id is null and last_used_on < ?) or last_used_on < ?) as old
					from session where id > ? order by id limit ?""")
			.param(now() - keep)
			.param(now() - keep)
			.param(usedAfter() - keep)
			.param(after)
			.param(most)
			.query((row, number) -> new Old(row.getLong("id"), row.getBoolean("old")))
			.list();
		List<Long> old = looked.stream().filter(Old::old).map(Old::id).toList();
		if (!old.isEmpty()) {
			this.db.inTransaction(() -> {
				old.forEach((id) -> this.db.writes().sql("delete from session where id = ?").param(id).update());
				return old;
			});
		}
		return looked.isEmpty() ? Optional.empty() : Optional.of(looked.get(looked.size() - 1).id());
	}

	/**
	 * Removes some of the answers that no refresh token gets again, whichever instance it
	 * would come to.
	 * @return how many
	 */
	int clearAnswers(int most) {
		return this.db.inTransaction(() -> this.db.writes()
			.sql("delete from refreshed where hash in (select hash from refreshed where coalesce(answered_on, refreshed_on) < ? limit ?)")
			.param(now() - this.settings.refreshGrace().toSeconds() - SKEW)
			.param(most)
			.update());
	}

	/**
	 * Which of the sessions with these ids do not hold, counted from the first: those
	 * that ended, and those that have no row, as it was cleared away or is of a time that
	 * a restored backup knows nothing of.
	 */
	BitSet ended(long from, long to) {
		BitSet ended = new BitSet();
		long settled = Math.min(newest() - OPENING, to);
		if (settled > from) {
			ended.set(0, (int) (settled - from));
		}
		this.db.reads()
			.sql("select id, (" + HOLDS + ") as holds from session where id >= ? and id < ?")
			.param(usedAfter())
			.param(createdAfter())
			.param(from)
			.param(to)
			.query((row) -> {
				ended.set((int) (row.getLong("id") - from), !row.getBoolean("holds"));
			});
		return ended;
	}

	/** The newest session's id, or zero. */
	long newest() {
		return this.db.reads().sql("select coalesce(max(id), 0) from session").query(Long.class).single();
	}

	/** Counts the sessions that hold among some, in the order of their ids. */
	Tally.Stretch count(long after, int most) {
		return this.db.reads()
			.sql("""
					select count(*) as looked, count(*) filter (where %s) as counted, coalesce(max(id), 0) as last
					from (select * from session where id > ? order by id limit ?) session""".replace("%s", HOLDS))
			.param(usedAfter())
			.param(createdAfter())
			.param(after)
			.param(most)
			.query((row, number) -> new Tally.Stretch(row.getLong("looked"), row.getLong("counted"),
					row.getLong("last")))
			.single();
	}

	private long now() {
		return this.clock.instant().getEpochSecond();
	}

	private long usedAfter() {
		return now() - this.settings.idle().toSeconds();
	}

	private long createdAfter() {
		return now() - this.settings.absolute().toSeconds();
	}

	private Session session(ResultSet row) throws SQLException {
		Instant createdOn = instant(row, "created_on");
		Instant lastUsedOn = instant(row, "last_used_on");
		Instant idle = lastUsedOn.plus(this.settings.idle());
		Instant absolute = createdOn.plus(this.settings.absolute());
		return new Session(row.getLong("id"), createdOn, lastUsedOn, idle.isBefore(absolute) ? idle : absolute,
				row.getString("user_agent"), row.getString("ip"));
	}

	private static Instant instant(ResultSet row, String column) throws SQLException {
		return Instant.ofEpochSecond(row.getLong(column));
	}

	/**
	 * Who is asking.
	 *
	 * @param lastUsedOn when the session was last used, to the minute
	 * @param unused the hash of its refresh token, if that is a successor and neither it
	 * nor an access token that came with it has been used
	 */
	@SuppressWarnings("ArrayRecordComponent") // never compared
	record Login(User user, Instant lastUsedOn, byte @Nullable [] unused) {

	}

	/**
	 * What a refresh token is judged by.
	 *
	 * @param holds whether the session does
	 * @param ended whether somebody ended it, or its user is gone
	 * @param refreshHash of the token that is good now
	 * @param successor that token, hidden by the one before it, as long as neither it nor
	 * an access token that came with it has been used
	 */
	@SuppressWarnings("ArrayRecordComponent") // never compared
	record Renewal(long userId, boolean holds, boolean ended, Instant createdOn, byte[] refreshHash,
			byte @Nullable [] successor) {

		boolean isCurrent(RefreshToken token) {
			return token.hasHash(this.refreshHash);
		}

	}

	private record Old(long id, boolean old) {

	}

}
