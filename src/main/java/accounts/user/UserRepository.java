package accounts.user;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

import accounts.database.Database;
import accounts.database.Tally;
import accounts.web.Texts;
import org.jspecify.annotations.Nullable;

import org.springframework.context.ApplicationEventPublisher;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.stereotype.Repository;

/** The user table. */
@Repository
public class UserRepository {

	/** How many rows of a long answer are in memory at a time. */
	private static final int BATCH = 500;

	private final Database db;

	private final Clock clock;

	private final ApplicationEventPublisher events;

	UserRepository(Database db, Clock clock, ApplicationEventPublisher events) {
		this.db = db;
		this.clock = clock;
		this.events = events;
	}

	public Optional<User> byId(long id) {
		return this.db.reads()
			.sql("select id, first_name, last_name, email, created_on from \"user\" where id = ?")
			.param(id)
			.query(UserRepository::user)
			.optional();
	}

	/**
	 * Whose email this is, as somebody typed it. An account may have kept the form that
	 * earlier versions gave it, which goes first: another may have today's.
	 */
	public Optional<Credentials> credentials(String typed) {
		String email = Texts.email(typed);
		String former = typed.strip().toLowerCase(Locale.ROOT);
		return former.equals(email) ? byEmail(email) : byEmail(former).or(() -> byEmail(email));
	}

	private Optional<Credentials> byEmail(String email) {
		return this.db.reads()
			.sql("select id, first_name, last_name, email, created_on, password from \"user\" where email = ?")
			.param(email)
			.query(UserRepository::credentials)
			.optional();
	}

	Optional<Credentials> credentials(long id) {
		return this.db.reads()
			.sql("select id, first_name, last_name, email, created_on, password from \"user\" where id = ?")
			.param(id)
			.query(UserRepository::credentials)
			.optional();
	}

	/**
	 * Every user by id, read a batch at a time as the stream goes on, so that no
	 * connection waits for its reader.
	 */
	Stream<User> all() {
		return Stream.iterate(after(0), (batch) -> !batch.isEmpty(), (batch) -> after(batch.get(batch.size() - 1).id()))
			.flatMap(List::stream);
	}

	private List<User> after(long id) {
		return this.db.reads().sql("""
				select id, first_name, last_name, email, created_on from "user"
				where id > ? order by id limit ?""").param(id).param(BATCH).query(UserRepository::user).list();
	}

	/**
	 * Adds an account.
	 * @throws EmailTaken if there is one with this email
	 */
	User add(String firstName, String lastName, String email, String hash) {
		return this.db.writes()
			.sql("""
					insert into "user" (first_name, last_name, email, password, created_on,
						first_name_key, last_name_key, email_key, keyed_first_name, keyed_last_name, keyed_email)
					values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (email) do nothing
					returning id, first_name, last_name, email, created_on""")
			.param(firstName)
			.param(lastName)
			.param(email)
			.param(hash)
			.param(this.clock.instant().getEpochSecond())
			.param(SearchKeys.of(firstName))
			.param(SearchKeys.of(lastName))
			.param(SearchKeys.ofEmail(email))
			.param(firstName)
			.param(lastName)
			.param(SearchKeys.keyedEmail(email))
			.query(UserRepository::user)
			.optional()
			.orElseThrow(EmailTaken::new);
	}

	/**
	 * Changes what is not {@code null}; {@link PasswordChanged} is published with a new
	 * password, {@link EmailChanged} with a new email.
	 * @param proved the hash whose password was asked for, where one was: if it is not
	 * the user's any more, nothing changes
	 * @throws EmailTaken if another account has this email
	 * @throws HashReplaced if the user has another hash than the proved one
	 * @throws UserNotFound if there is none with this id
	 */
	User change(long id, @Nullable String firstName, @Nullable String lastName, @Nullable String email,
			@Nullable String hash, Asker asker, @Nullable String proved) {
		try {
			if (email == null && hash == null) {
				return change(id, firstName, lastName, null, null, proved);
			}
			return this.db.inTransaction(() -> {
				User user = change(id, firstName, lastName, email, hash, proved);
				if (hash != null) {
					this.events.publishEvent(new PasswordChanged(id, asker));
				}
				if (email != null) {
					this.events.publishEvent(new EmailChanged(id, asker));
				}
				return user;
			});
		}
		catch (DuplicateKeyException ex) {
			// Somebody else was faster with this email
			throw new EmailTaken();
		}
	}

	private User change(long id, @Nullable String firstName, @Nullable String lastName, @Nullable String email,
			@Nullable String hash, @Nullable String proved) {
		return this.db.writes()
			.sql("""
					update "user" set first_name = coalesce(?, first_name), last_name = coalesce(?, last_name),
						email = coalesce(?, email), password = coalesce(?, password),
						first_name_key = coalesce(?, first_name_key), last_name_key = coalesce(?, last_name_key),
						email_key = coalesce(?, email_key), keyed_first_name = coalesce(?, keyed_first_name),
						keyed_last_name = coalesce(?, keyed_last_name), keyed_email = coalesce(?, keyed_email)
					where id = ? and password = coalesce(?, password)
						and not exists (select 1 from "user" other where other.email = ? and other.id <> ?)
					returning id, first_name, last_name, email, created_on""")
			.param(firstName)
			.param(lastName)
			.param(email)
			.param(hash)
			.param((firstName != null) ? SearchKeys.of(firstName) : null)
			.param((lastName != null) ? SearchKeys.of(lastName) : null)
			.param((email != null) ? SearchKeys.ofEmail(email) : null)
			.param(firstName)
			.param(lastName)
			.param((email != null) ? SearchKeys.keyedEmail(email) : null)
			.param(id)
			.param(proved)
			.param(email)
			.param(id)
			.query(UserRepository::user)
			.optional()
			.orElseThrow(() -> whyUnchanged(id, proved));
	}

	private RuntimeException whyUnchanged(long id, @Nullable String proved) {
		return credentials(id)
			.<RuntimeException>map(
					(now) -> (proved == null || proved.equals(now.hash())) ? new EmailTaken() : new HashReplaced())
			.orElseGet(UserNotFound::new);
	}

	/**
	 * A login has put a better hash, or another request another password, in the place of
	 * the one that was proved.
	 */
	static final class HashReplaced extends RuntimeException {

		HashReplaced() {
			super(null, null, false, false);
		}

	}

	/**
	 * Puts a better hash of the same password in the place of one that nobody has changed
	 * meanwhile.
	 */
	public void rehash(Credentials credentials, String hash) {
		this.db.writes()
			.sql("update \"user\" set password = ? where id = ? and password = ?")
			.param(hash)
			.param(credentials.user().id())
			.param(credentials.hash())
			.update();
	}

	/** Deletes an account; {@link UserDeleted} is published with it. */
	void delete(long id) {
		this.db.inTransaction(() -> {
			hold(id);
			this.events.publishEvent(new UserDeleted(id));
			return this.db.writes().sql("delete from \"user\" where id = ?").param(id).update();
		});
	}

	/** Keeps the user from logging in until the transaction has ended. */
	private void hold(long id) {
		this.db.writes()
			.sql("select id from \"user\" where id = ?" + this.db.forUpdate())
			.param(id)
			.query(Long.class)
			.list();
	}

	/** Counts some users, in the order of their ids. */
	Tally.Stretch count(long after, int most) {
		return this.db.reads()
			.sql("""
					select count(*) as looked, coalesce(max(id), 0) as last
					from (select id from "user" where id > ? order by id limit ?) stretch""")
			.param(after)
			.param(most)
			.query((row, number) -> new Tally.Stretch(row.getLong("looked"), row.getLong("looked"),
					row.getLong("last")))
			.single();
	}

	/**
	 * Looks at the hashes of some users, in the order of their ids, for those that are
	 * not today's.
	 * @return nothing if there are no more users
	 */
	Optional<OldHashes> oldHashes(long after, int most) {
		List<String> hashes = new ArrayList<>();
		long[] last = new long[1];
		this.db.reads().sql("""
				with stretch as (select id, password from "user" where id > ? order by id limit ?)
				select 0 as last, password from stretch where substr(password, 1, 8) <> '{argon2}'
				union all
				select max(id), null from stretch having count(*) > 0""").param(after).param(most).query((row) -> {
			if (row.getLong("last") > 0) {
				last[0] = row.getLong("last");
			}
			else {
				hashes.add(row.getString("password"));
			}
		});
		return (last[0] > 0) ? Optional.of(new OldHashes(hashes, last[0])) : Optional.empty();
	}

	/**
	 * Some hashes that another program has made.
	 *
	 * @param last the id of the last user that was looked at
	 */
	record OldHashes(List<String> hashes, long last) {

		@Override
		public String toString() {
			return this.hashes.size() + " old hashes";
		}

	}

	private static Credentials credentials(ResultSet row, int number) throws SQLException {
		return new Credentials(user(row, number), row.getString("password"));
	}

	/** The account in a row that has all its columns. */
	public static User user(ResultSet row, int number) throws SQLException {
		return new User(row.getLong("id"), row.getString("first_name"), row.getString("last_name"),
				row.getString("email"), Instant.ofEpochSecond(row.getLong("created_on")));
	}

}
