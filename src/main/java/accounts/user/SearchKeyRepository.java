package accounts.user;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import accounts.database.Database;
import accounts.web.Texts;

import org.springframework.stereotype.Repository;

/** The keys of the user table that earlier versions, which knew none, have left out. */
@Repository
class SearchKeyRepository {

	/**
	 * Emails that are not as they are kept today, in the words of the index that holds
	 * them: those without a key, those whose right form another account has, and those
	 * with invisible characters.
	 */
	static final String UNLIKE = """
			keyed_email <> email and ltrim(email || keyed_email, 'abcdefghijklmnopqrstuvwxyz0123456789.@_+-') <> ''""";

	static final String UNLIKE_EMAILS = """
			select id, email, email_key, keyed_email from "user"
			where id > ? and %s order by id limit ?""".replace("%s", UNLIKE);

	private final Database db;

	SearchKeyRepository(Database db) {
		this.db = db;
	}

	/**
	 * Gives keys to names that were written without.
	 * @param most how many users at once
	 * @return how many they were
	 */
	int addNameKeys(int most) {
		return this.db.inTransaction(() -> {
			List<Names> unkeyed = this.db.writes()
				.sql("""
						select id, first_name, last_name from "user"
						where keyed_first_name <> first_name or keyed_last_name <> last_name order by id limit ?""")
				.param(most)
				.query((row, number) -> new Names(row.getLong("id"), row.getString("first_name"),
						row.getString("last_name")))
				.list();
			if (!unkeyed.isEmpty()) {
				write("""
						update "user" set first_name_key = made.column2, last_name_key = made.column3,
							keyed_first_name = made.column4, keyed_last_name = made.column5
						from (values %s) made
						where id = made.column1 and first_name = made.column4 and last_name = made.column5""",
						"(cast(? as bigint), ?, ?, ?, ?)", unkeyed.stream().map(Names::keyed).toList());
			}
			return unkeyed.size();
		});
	}

	/**
	 * Gives keys to emails that were written without.
	 * @param after the last user that was looked at before
	 * @param most how many users at once
	 * @param normalize whether they get today's form, too, unless another account has it
	 * @return the last user that was looked at now, if there may be more
	 */
	Optional<Long> addEmailKeys(long after, int most, boolean normalize) {
		return this.db.inTransaction(() -> {
			List<Email> unlike = this.db.writes()
				.sql(UNLIKE_EMAILS)
				.param(after)
				.param(most)
				.query((row, number) -> new Email(row.getLong("id"), row.getString("email"), row.getString("email_key"),
						row.getString("keyed_email")))
				.list();
			List<List<Object>> changes = new ArrayList<>();
			for (Email email : unlike) {
				if (!(normalize && email.isOfOldForm() && normalize(email))) {
					email.change().ifPresent(changes::add);
				}
			}
			if (!changes.isEmpty()) {
				write("""
						update "user" set email_key = made.column2, keyed_email = made.column3
						from (values %s) made where id = made.column1 and email = made.column4""",
						"(cast(? as bigint), ?, ?, ?)", changes);
			}
			return (unlike.size() == most) ? Optional.of(unlike.get(most - 1).id) : Optional.empty();
		});
	}

	private boolean normalize(Email email) {
		String form = email.form();
		return this.db.writes()
			.sql("""
					update "user" set email = ?, email_key = ?, keyed_email = ?
					where id = ? and email = ? and not exists (select 1 from "user" other where other.email = ?)""")
			.param(form)
			.param(SearchKeys.ofEmail(form))
			.param(SearchKeys.keyedEmail(form))
			.param(email.id)
			.param(email.email)
			.param(form)
			.update() > 0;
	}

	private void write(String update, String row, List<List<Object>> rows) {
		this.db.writes()
			.sql(update.replace("%s", String.join(", ", Collections.nCopies(rows.size(), row))))
			.params(rows.stream().flatMap(List::stream).toList())
			.update();
	}

	/**
	 * Accounts that have kept an old form of their email, each with the one that has
	 * today's.
	 */
	List<List<Long>> doubles(int most) {
		return this.db.reads()
			.sql("""
					select old.id as old_id, other.id as other_id
					from (select id, keyed_email from "user" where %s) old join "user" other on other.email = old.keyed_email
					order by old.id limit ?"""
				.replace("%s", UNLIKE))
			.param(most)
			.query((row, number) -> List.of(row.getLong("other_id"), row.getLong("old_id")))
			.list();
	}

	/** Accounts with an email that could not be registered today. */
	List<Long> invisible(int most) {
		return this.db.reads()
			.sql("select id from \"user\" where %s and keyed_email = '' order by id limit ?".replace("%s", UNLIKE))
			.param(most)
			.query(Long.class)
			.list();
	}

	private record Names(long id, String firstName, String lastName) {

		List<Object> keyed() {
			return List.of(this.id, SearchKeys.of(this.firstName), SearchKeys.of(this.lastName), this.firstName,
					this.lastName);
		}

	}

	/**
	 * An email as it is kept.
	 *
	 * @param keyed what its key is said to be made of
	 */
	private record Email(long id, String email, String key, String keyed) {

		String form() {
			return Texts.email(this.email);
		}

		boolean isOfOldForm() {
			return !isInvisible() && !form().equals(this.email);
		}

		boolean isInvisible() {
			return Texts.hasInvisible(this.email);
		}

		/**
		 * What is to be written. An email that is not as it is kept today gets a key, and
		 * stays one of those that are unlike, as its key is made of something else.
		 */
		Optional<List<Object>> change() {
			String form = form();
			boolean isKept = !isInvisible() && form.equals(this.email);
			String newKey = isKept ? SearchKeys.ofEmail(form) : SearchKeys.of(form);
			String newKeyed = isKept ? SearchKeys.keyedEmail(form) : isInvisible() ? "" : form;
			return (newKey.equals(this.key) && newKeyed.equals(this.keyed)) ? Optional.empty()
					: Optional.of(List.of(this.id, newKey, newKeyed, this.email));
		}

	}

}
