package accounts.user;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import accounts.database.Database;

import org.springframework.stereotype.Repository;

/**
 * The user table page by page. Each statement reads rows in the order of an index, from
 * where the page begins, and stops when it is full.
 */
@Repository
class UserListRepository {

	/**
	 * So many users with a prefix are sorted for each page of them. If there are more,
	 * they are met often enough where all users are gone through in the list's order.
	 */
	static final int FEW = 1_000;

	/**
	 * An email of letters that other letters are the same as is found by its key, all
	 * others by themselves, as they have none.
	 */
	private static final List<String> SEARCHED = List.of("email", "email_key", "first_name_key", "last_name_key");

	/** Above all letters. */
	private static final String LAST = Character.toString(Character.MAX_CODE_POINT);

	private final Database db;

	UserListRepository(Database db) {
		this.db = db;
	}

	UserPage page(UserQuery query) {
		List<Row> rows = rows(query);
		boolean more = rows.size() > query.limit();
		List<Row> page = more ? rows.subList(0, query.limit()) : rows;
		Row last = more ? page.get(page.size() - 1) : null;
		return new UserPage(page.stream().map(Row::user).toList(),
				(last != null) ? query.sort().cursor(last.user, last.lastNameKey) : null,
				query.counted() ? count(query, rows) : null);
	}

	/** The page's rows, and one more if there is one. */
	private List<Row> rows(UserQuery query) {
		if (query.email() != null) {
			return rows(byEmail(query.email())).stream().filter((row) -> query.finds(row.user)).toList();
		}
		if (query.prefix() == null) {
			return rows(all(query));
		}
		return rows(hasMany(query, query.prefix()) ? walk(query, query.prefix()) : few(query, query.prefix()));
	}

	private long count(UserQuery query, List<Row> rows) {
		if (query.email() != null) {
			return rows.size();
		}
		Statement count = (query.prefix() != null) ? count(query.prefix()) : count();
		return this.db.reads().sql(count.sql).params(count.values).query(Long.class).single();
	}

	private boolean hasMany(UserQuery query, String prefix) {
		Statement many = many(query, prefix);
		return this.db.reads().sql(many.sql).params(many.values).query(Boolean.class).single();
	}

	private List<Row> rows(Statement statement) {
		return this.db.reads()
			.sql(statement.sql)
			.params(statement.values)
			.query((row, number) -> new Row(UserRepository.user(row, number), row.getString("last_name_key")))
			.list();
	}

	static Statement byEmail(String email) {
		return new Statement("""
				select id, first_name, last_name, email, created_on, last_name_key from "user" where email = ?""",
				List.of(email));
	}

	static Statement all(UserQuery query) {
		return new Statement(sql("""
				select id, first_name, last_name, email, created_on, last_name_key from "user"
				%s order by %s limit ?""", begin(query, "where "), order(query)),
				values(beginning(query), List.of(query.limit() + 1)));
	}

	/**
	 * Whether more than a few have the prefix in what the list is not sorted by: in what
	 * it is sorted by they are together, however many they are.
	 */
	static Statement many(UserQuery query, String prefix) {
		List<String> others = SEARCHED.stream().filter((column) -> !column.equals(key(query))).toList();
		return new Statement(others.stream()
			.map((column) -> sql(
					"""
							(select count(*) from (
								select 1 from "user" where %1$s >= ? and %1$s < ? and %1$s <> '' order by %1$s limit %2$d) found) > %3$d""",
					column, FEW + 1, FEW))
			.collect(Collectors.joining(" or ", "select ", "")), ranges(prefix, others.size()));
	}

	/** All who have the prefix, sorted. */
	static Statement few(UserQuery query, String prefix) {
		String columns = key(query).equals("id") ? "id" : "id, " + key(query);
		List<String> parts = new ArrayList<>();
		List<Object> values = new ArrayList<>();
		for (String column : SEARCHED) {
			boolean sorted = column.equals(key(query));
			parts.add(
					sql("""
							select * from (select %1$s from "user" where %2$s >= ? and %2$s < ? and %2$s <> ''%3$s order by %4$s limit ?) by_%2$s""",
							columns, column, sorted ? begin(query, " and ") : "", sorted ? order(query) : column));
			values.addAll(ranges(prefix, 1));
			values.addAll(sorted ? beginning(query) : List.of());
			values.add(sorted ? query.limit() + 1 : FEW);
		}
		return new Statement(
				sql("""
						select "user".id, first_name, last_name, "user".email, "user".created_on, "user".last_name_key
						from (
							select %s from (
								%s
							) found
							%s order by %s limit ?
						) page join "user" on "user".id = page.id order by %s""", columns,
						String.join("\nunion ", parts), begin(query, "where "), order(query), order(query, "page.")),
				values(values, beginning(query), List.of(query.limit() + 1)));
	}

	/**
	 * Those who have the prefix as they come in the list's order. A limit that is none
	 * keeps the inner statement one that can only follow the index.
	 */
	static Statement walk(UserQuery query, String prefix) {
		int length = prefix.codePointCount(0, prefix.length());
		return new Statement(
				sql("""
						select * from (
							select id, first_name, last_name, email, created_on, email_key, last_name_key, first_name_key from "user"
							%s order by %s limit 9223372036854775807
						) everybody
						where substr(email, 1, ?) = ? or substr(email_key, 1, ?) = ? or substr(first_name_key, 1, ?) = ?
							or substr(last_name_key, 1, ?) = ?
						limit ?""",
						begin(query, "where "), order(query)),
				values(beginning(query), List.of(length, prefix, length, prefix, length, prefix, length, prefix),
						List.of(query.limit() + 1)));
	}

	static Statement count() {
		return new Statement("select count(*) from \"user\"", List.of());
	}

	static Statement count(String prefix) {
		return new Statement("""
				select count(*) from (
					select id from "user" where email >= ? and email < ?
					union select id from "user" where email_key >= ? and email_key < ? and email_key <> ''
					union select id from "user" where first_name_key >= ? and first_name_key < ?
					union select id from "user" where last_name_key >= ? and last_name_key < ?
				) found""", ranges(prefix, SEARCHED.size()));
	}

	private static String sql(String template, Object... parts) {
		return String.format(Locale.ROOT, template, parts);
	}

	private static String key(UserQuery query) {
		return query.sort().columns().get(0);
	}

	private static String begin(UserQuery query, String before) {
		if (query.after() == null) {
			return "";
		}
		List<String> columns = query.sort().columns();
		return before + "(" + String.join(", ", columns) + ") " + (query.descending() ? "<" : ">") + " ("
				+ String.join(", ", Collections.nCopies(columns.size(), "?")) + ")";
	}

	private static List<Object> beginning(UserQuery query) {
		return (query.after() != null) ? query.sort().values(query.after()) : List.of();
	}

	private static String order(UserQuery query) {
		return order(query, "");
	}

	private static String order(UserQuery query, String table) {
		return query.sort()
			.columns()
			.stream()
			.map((column) -> table + column + (query.descending() ? " desc" : ""))
			.collect(Collectors.joining(", "));
	}

	/**
	 * Where what begins so begins and ends in the order of an index, for each of some.
	 */
	private static List<Object> ranges(String prefix, int indexes) {
		return Stream.generate(() -> List.of(prefix, prefix + LAST))
			.limit(indexes)
			.<Object>flatMap(List::stream)
			.toList();
	}

	private static List<Object> values(List<?>... values) {
		return Stream.of(values).<Object>flatMap(List::stream).toList();
	}

	/** What is asked of the database. */
	record Statement(String sql, List<Object> values) {

	}

	private record Row(User user, String lastNameKey) {

	}

}
