package accounts.user;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import accounts.Postgres;
import accounts.Service;
import accounts.database.Database;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;

import static org.assertj.core.api.Assertions.assertThat;

/** How the database goes about the statements of lists, as it says itself. */
class UserListPlanTests {

	private static final int USERS = 30_000;

	private static final Service SERVICE = Service.start();

	private static final Database DATABASE = filled();

	private static Database filled() {
		Database database = SERVICE.bean(Database.class);
		database.writes().sql("""
				with recursive number(i) as (select 1 union all select i + 1 from number where i < ?)
				insert into "user" (first_name, last_name, email, password, created_on,
					first_name_key, last_name_key, keyed_first_name, keyed_last_name)
				select 'F' || i % 1000, 'L' || i % 700, 'e' || i || '@x.org', '-', i / 3,
					'f' || i % 1000, 'l' || i % 700, 'F' || i % 1000, 'L' || i % 700
				from number""").param(USERS).update();
		database.writes().sql("""
				update "user" set email = 'aß' || email, email_key = 'aß' || email, keyed_email = 'aß' || email
				where id % 50 = 0""").update();
		database.writes().sql("analyze").update();
		return database;
	}

	@AfterAll
	static void close() {
		SERVICE.close();
	}

	@ParameterizedTest
	@EnumSource
	void aPageIsReadInTheOrderOfAnIndexFromWhereItBegins(UserQuery.Sort sort) {
		for (UserQuery query : pages(sort, null)) {
			assertFollowsIndexes(UserListRepository.all(query));
			if (query.after() != null) {
				assertSearches(UserListRepository.all(query));
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void aPrefixThatManyHaveIsLookedForInTheOrderOfAnIndex(UserQuery.Sort sort) {
		for (UserQuery query : pages(sort, "f")) {
			assertFollowsIndexes(UserListRepository.walk(query, "f"));
		}
	}

	@ParameterizedTest
	@EnumSource
	void ofAPrefixThatFewHaveOnlyTheyAreReadAndSorted(UserQuery.Sort sort) {
		for (UserQuery query : pages(sort, "l69")) {
			assertSearches(UserListRepository.few(query, "l69"));
			assertSearches(UserListRepository.many(query, "l69"));
		}
	}

	@Test
	void anEmailIsLookedUpAndAPrefixIsCountedByIndexes() {
		assertSearches(UserListRepository.byEmail("e1@x.org"));
		assertSearches(UserListRepository.count("l69"));
	}

	@Test
	void emailsThatAreNotAsTheyAreKeptTodayAreFoundByAnIndexOfTheirOwn() {
		assertThat(plan(new UserListRepository.Statement(SearchKeyRepository.UNLIKE_EMAILS, List.of(0L, 1_000))))
			.anyMatch((step) -> step.contains("user_email_unkeyed"));
	}

	/** Both directions, from the start and from within. */
	private static List<UserQuery> pages(UserQuery.Sort sort, String prefix) {
		MultiValueMap<String, String> parameters = new LinkedMultiValueMap<>();
		List<UserQuery> queries = new ArrayList<>();
		for (boolean descending : new boolean[] { false, true }) {
			queries.add(new UserQuery(parameters, 50, sort, descending, null, prefix, null, false));
			queries.add(new UserQuery(parameters, 50, sort, descending, null, prefix,
					new Cursor((sort == UserQuery.Sort.CREATED_ON) ? "5000" : "l350", USERS / 2), false));
		}
		return queries;
	}

	/** Nothing is sorted, and the table is not gone through but in an index's order. */
	private static void assertFollowsIndexes(UserListRepository.Statement statement) {
		assertThat(plan(statement)).as(statement.sql())
			.isNotEmpty()
			.noneMatch((step) -> step.contains("TEMP B-TREE"))
			.noneMatch((step) -> step.contains("Sort"))
			.noneMatch((step) -> step.contains("Seq Scan"))
			// The table itself is in the order of ids
			.noneMatch((step) -> step.matches("SCAN user") && !statement.sql().contains("order by id"));
	}

	/** No more of the table is read than what was asked for. */
	private static void assertSearches(UserListRepository.Statement statement) {
		List<String> plan = plan(statement);
		assertThat(plan).as(statement.sql())
			.isNotEmpty()
			.noneMatch((step) -> step.startsWith("SCAN user"))
			.noneMatch((step) -> step.contains("Seq Scan"));
		for (int i = 0; i < plan.size(); i++) {
			if (plan.get(i).matches("(-> +)?(Parallel )?(Index|Index Only|Bitmap Index) Scan .*")) {
				assertThat(String.join("\n", plan.subList(i, Math.min(i + 2, plan.size())))).contains("Index Cond");
			}
		}
	}

	private static List<String> plan(UserListRepository.Statement statement) {
		String explain = Postgres.TESTED ? "explain " : "explain query plan ";
		Stream<String> steps = DATABASE.reads()
			.sql(explain + statement.sql())
			.params(statement.values())
			.query((row, number) -> row.getString(Postgres.TESTED ? 1 : 4))
			.list()
			.stream();
		return steps.map(String::strip).toList();
	}

}
