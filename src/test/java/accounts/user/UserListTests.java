package accounts.user;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import accounts.Account;
import accounts.Answer;
import accounts.Client;
import accounts.RawHttp;
import accounts.Service;
import accounts.database.Database;
import accounts.web.Texts;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/** The contract's part "Lists". */
class UserListTests {

	private static final Pattern NEXT = Pattern.compile("<(/users/\\?[!-~&&[^<>]]+)>; rel=\"next\"");

	private static final Service SERVICE = Service.start();

	private static final Account ACCOUNT = SERVICE.account();

	private static final Client CLIENT = ACCOUNT.client();

	private static final List<User> USERS = fill();

	private static List<User> fill() {
		UserRepository users = SERVICE.bean(UserRepository.class);
		String[] first = { "Zoë", "ÉMILE", "émile", "Anna", "anna", "Иван", "ИВАН", "🦉", "Οδυσσεύς", "Straße" };
		String[] last = { "Berg", "berg", "de Vries", "Ångström", "李", "Lee", "Lee-Smith", "Lee Smith" };
		for (int i = 0; i < 200; i++) {
			SERVICE.clock().move(Duration.ofSeconds(i % 3));
			users.add(first[i % first.length], last[i % last.length],
					String.format(Locale.ROOT, "%03d-é%d@x.org", i * 77 % 200, i), "-");
		}
		users.delete(users.credentials("077-é1@x.org").orElseThrow().user().id());
		return users.all().toList();
	}

	@AfterAll
	static void close() {
		SERVICE.close();
	}

	// Pages

	@ParameterizedTest
	@ValueSource(strings = { "id", "-id", "email", "-email", "last_name", "-last_name", "created_on", "-created_on" })
	void linksLeadThroughAllUsersInOrderAndEachComesOnce(String sort) {
		Comparator<User> order = switch (sort.replace("-", "")) {
			case "email" -> Comparator.comparing(User::email, UserListTests::byCodePoints);
			case "last_name" ->
				Comparator.comparing((user) -> SearchKeys.of(user.lastName()), UserListTests::byCodePoints);
			case "created_on" -> Comparator.comparing(User::createdOn);
			default -> Comparator.comparing(User::id);
		};
		order = order.thenComparing(User::id);
		List<Long> expected = USERS.stream()
			.sorted(sort.startsWith("-") ? order.reversed() : order)
			.map(User::id)
			.toList();
		assertThat(ids(pages("/users/?sort=" + sort + "&limit=7"))).isEqualTo(expected);
		assertThat(ids(pages("/users/?sort=" + sort))).isEqualTo(expected);
	}

	@Test
	void aPageHoldsNoMoreThanItsLimitAndOnlyTheLastHasNoLink() {
		assertThat(pages("/users/?limit=100").stream().map(UserListTests::size)).containsExactly(100, 100);
		assertThat(pages("/users/?limit=199").stream().map(UserListTests::size)).containsExactly(199, 1);
		assertThat(pages("/users/?limit=200")).hasSize(1);
		assertThat(pages("/users/?limit=1000")).hasSize(1);
		assertThat(pages("/users/?count=false")).hasSize(2);
	}

	@Test
	void aLinkKeepsTheOtherParametersButNoUnknownOnes() {
		String query = "limit=2&q=" + encoded("É") + "&sort=-email&count=true";
		Answer answer = CLIENT.get("/users/?utm=1&" + query + "&token=" + encoded("a&b=c+d {x}")).is(200);
		String next = next(answer);
		assertThat(next).startsWith("/users/?" + query + "&after=");
		assertThat(CLIENT.get(next).is(200).json().size()).isEqualTo(2);
		assertThat(next(CLIENT.get(next))).containsOnlyOnce("after=");
	}

	@Test
	void whoComesAndGoesMeanwhileMovesNobodyElse() {
		try (Service own = Service.start()) {
			UserRepository users = own.bean(UserRepository.class);
			Client client = own.account().client();
			List<User> all = new ArrayList<>();
			for (int i = 0; i < 9; i++) {
				all.add(users.add("F", "L" + i, i + "@x.org", "-"));
			}
			Answer first = client.get("/users/?sort=email&limit=3").is(200);
			assertThat(emails(first)).containsExactly("0@x.org", "1@x.org", "2@x.org");
			users.delete(all.get(0).id());
			users.delete(all.get(2).id());
			users.delete(all.get(3).id());
			users.add("F", "L", "00@x.org", "-");
			users.add("F", "L", "4a@x.org", "-");
			assertThat(emails(client.get(next(first)).is(200))).containsExactly("4@x.org", "4a@x.org", "5@x.org");
		}
	}

	@Test
	void theCountIsOfAllPages() {
		assertThat(CLIENT.get("/users/?limit=3&count=true").is(200).header("X-Total-Count")).isEqualTo("200");
		assertThat(CLIENT.get("/users/?limit=3&count=true&q=ann").is(200).header("X-Total-Count")).isEqualTo("40");
		assertThat(CLIENT.get("/users/?count=true&email=" + encoded("000-é0@x.org")).is(200).header("X-Total-Count"))
			.isEqualTo("1");
		assertThat(CLIENT.get("/users/?limit=3&count=false").is(200).header("X-Total-Count")).isNull();
		assertThat(CLIENT.get("/users/?limit=3").is(200).header("X-Total-Count")).isNull();
	}

	@Test
	void headAnswersWhatGetDoesWithoutItsBody() {
		Answer get = CLIENT.get("/users/?limit=2&count=true").is(200);
		Answer head = CLIENT.send("HEAD", "/users/?limit=2&count=true", "").is(200);
		assertThat(head.body()).isEmpty();
		assertThat(head.header("Link")).isEqualTo(get.header("Link"));
		assertThat(head.header("X-Total-Count")).isEqualTo(get.header("X-Total-Count"));
	}

	@Test
	void withoutAParameterOfTheListEverybodyIsInIt() {
		for (String path : new String[] { "/users/", "/users", "/users/?", "/users/?utm_source=a&page=2" }) {
			Answer answer = CLIENT.get(path).is(200);
			assertThat(ids(List.of(answer))).isEqualTo(USERS.stream().map(User::id).toList());
			assertThat(answer.header("Link")).isNull();
		}
	}

	// Who is in it

	@Test
	void anEmailIsOneUsersInAnyCase() {
		for (String email : new String[] { "000-é0@x.org", " 000-É0@X.org " }) {
			Answer answer = CLIENT.get("/users/?email=" + encoded(email)).is(200);
			assertThat(emails(answer)).containsExactly("000-é0@x.org");
			assertThat(answer.header("Link")).isNull();
		}
		assertThat(emails(CLIENT.get("/users/?email=nobody@x.org").is(200))).isEmpty();
		assertThat(emails(CLIENT.get("/users/?q=z&email=" + encoded("000-é0@x.org")).is(200)))
			.containsExactly("000-é0@x.org");
		assertThat(emails(CLIENT.get("/users/?q=anna&email=" + encoded("000-é0@x.org")).is(200))).isEmpty();
	}

	@ParameterizedTest
	@CsvSource({ "anna, 40", "ANN, 40", "émile, 39", "ÉM, 39", "e\u0301m, 39", "иван, 40", "ИВА, 40", "zoë, 20",
			"ZOË, 20", "zoe, 0", "🦉, 20", "ΟΔΥΣ, 20", "οδυς, 20", "STRAß, 20", "lee, 75", "LEE-, 25", "lee s, 25",
			"' de', 25", "Ång, 25", "李, 25", "000-, 1", "000-É0@X, 1", "%, 0", "_nna, 0", "an%, 0", "\\, 0",
			"smith, 0" })
	void aPrefixIsThatOfAnEmailOrANameWithItsCaseIgnored(String prefix, int count) {
		for (String sort : new String[] { "id", "-email", "last_name", "-created_on" }) {
			String path = "/users/?limit=9&sort=" + sort + "&q=" + encoded(prefix);
			List<Long> found = ids(pages(path));
			assertThat(found).as(sort).hasSize(count).doesNotHaveDuplicates();
			List<Long> all = new ArrayList<>(ids(pages("/users/?sort=" + sort)));
			all.retainAll(found);
			assertThat(found).as(sort).isEqualTo(all);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "id", "-id", "email", "-email", "last_name", "-last_name", "created_on", "-created_on" })
	void aPrefixThatManyHaveFindsThemAll(String sort) {
		try (Service own = Service.start()) {
			Client client = own.account().client();
			own.bean(Database.class).writes().sql("""
					with recursive number(i) as (select 1 union all select i + 1 from number where i < 1500)
					insert into "user" (first_name, last_name, email, password, created_on)
					select case i % 4 when 0 then 'Xy' else 'Z' end, case i % 7 when 0 then 'xY' else 'A' end,
						(case i % 50 when 0 then 'xy@' else 'b@' end) || i, '-', i / 3
					from number""").update();
			own.bean(SearchKeys.class).addMissing();
			List<Long> all = new ArrayList<>(ids(pages(client, "/users/?limit=1000&sort=" + sort)));
			assertThat(ids(pages(client, "/users/?limit=333&q=A&sort=" + sort)))
				.hasSizeGreaterThan(UserListRepository.FEW);
			List<Long> few = ids(pages(client, "/users/?limit=100&q=xy&sort=" + sort));
			assertThat(few).hasSizeBetween(375, UserListRepository.FEW);
			List<Long> many = ids(pages(client, "/users/?limit=333&q=b&sort=" + sort));
			assertThat(many).hasSizeGreaterThan(UserListRepository.FEW);
			assertThat(all).containsSubsequence(few).containsSubsequence(many).doesNotHaveDuplicates();
			assertThat(client.get("/users/?count=true&q=b").header("X-Total-Count")).isEqualTo("" + many.size());
		}
	}

	@Test
	void whoIsRenamedIsFoundUnderTheNewName() {
		UserRepository users = SERVICE.bean(UserRepository.class);
		User user = users.add("Old", "Name", "renamed@x.org", "-");
		users.change(user.id(), "Néw", null, null, null, new Asker(null, "127.0.0.1"), null);
		assertThat(emails(CLIENT.get("/users/?q=NÉ").is(200))).containsExactly("renamed@x.org");
		assertThat(emails(CLIENT.get("/users/?q=name").is(200))).containsExactly("renamed@x.org");
		assertThat(emails(CLIENT.get("/users/?q=old").is(200))).isEmpty();
		users.delete(user.id());
	}

	@Test
	void anEmailIsFoundByItselfAndEachOfItsBeginningsInAnyScriptAndCase() {
		try (Service own = Service.start()) {
			Client client = own.account().client();
			for (String typed : new String[] { "νικος@παράδειγμα.ελ", "ΟΔΥΣΣΕΥΣ@x.org", "Ϊ\u0301ρις@x.org",
					"ᾼδης@x.org", "jose\u0301@x.org", "ılker@x.org", "İPEK@x.org", "İ\u0301@x.org", "ſam@x.org",
					"straße@x.org", "GROẞ@x.org", "ꭰꮃ@x.org", "ᎭᎳ@x.org", "ＦＵＬＬ@x.org", "Иван@пример.рф",
					"\u2126mega@x.org", "\u212aelvin@x.org", "\u212bngstr\u00f6m@x.org", "ǅemal@x.org",
					"J\u030can@x.org", "ანა@x.org", "ᲐᲜ@x.org", "Հայ@x.org", "𐐀𐐩@x.org", "ﬀ@x.org", "李@例え.jp",
					"한글@x.kr", "हिन्दी@x.in", "مثال@x.org", "o'neil!#$%&*/=?^_`{|}~@x.org", "Plain.Ann+1@x-y.org" }) {
				String email = client
					.post("/users/",
							"""
									{"first_name": "-", "last_name": "-", "email": "%s", "password": "1234"}"""
								.formatted(typed))
					.is(201)
					.text("email");
				List<String> queries = new ArrayList<>(
						List.of(typed, email, Normalizer.normalize(email, Normalizer.Form.NFD)));
				if (Texts.email(email.toUpperCase(Locale.ROOT)).equals(email)) {
					queries.add(email.toUpperCase(Locale.ROOT));
				}
				Matcher letters = Pattern.compile("\\X").matcher(email);
				while (letters.find() && letters.start() < email.indexOf('@')) {
					queries.add(email.substring(0, letters.end()));
				}
				for (String query : queries) {
					assertThat(emails(client.get("/users/?sort=email&q=" + encoded(query)).is(200))).as(query)
						.contains(email);
				}
				assertThat(client.get("/users/?count=true&q=" + encoded(typed)).header("X-Total-Count"))
					.as("an email counts once")
					.isEqualTo("1");
			}
		}
	}

	@Test
	void ofEveryLetterThatHasACaseTheKeyOfTheEmailIsTheKeyOfWhatIsTyped() {
		for (int letter = 1; letter <= Character.MAX_CODE_POINT; letter++) {
			String text = Character.toString(letter);
			if (!text.toUpperCase(Locale.ROOT).equals(text) || !text.toLowerCase(Locale.ROOT).equals(text)) {
				for (String mark : new String[] { "", "\u0300", "\u0301", "\u0307", "\u0308", "\u030c", "\u0323",
						"\u0331", "\u0342", "\u0345" }) {
					String typed = text + mark + "@x.org";
					String email = Texts.email(typed);
					assertThat(Texts.email(email)).isEqualTo(email);
					assertThat(SearchKeys.of(email)).as(typed).isEqualTo(SearchKeys.of(typed));
				}
			}
		}
	}

	/** An earlier version knows nothing of keys, and may go on beside this one. */
	@Test
	void whatAnEarlierVersionWritesIsFoundSoonAndListedAtOnce() {
		try (Service own = Service.start()) {
			Client client = own.account().client();
			User user = own.bean(UserRepository.class).add("Ann", "Mary Ann", "changed@x.org", "-");
			Database database = own.bean(Database.class);
			database.writes().sql("""
					insert into "user" (first_name, last_name, email, password, created_on)
					values ('Élan', 'Ö', 'new@x.org', '-', 0), ('Z', 'Z', 'ſam@x.org', '-', 0)""").update();
			database.writes().sql("update \"user\" set last_name = 'Ann' where id = ?").param(user.id()).update();
			assertThat(emails(pages(client, "/users/?limit=1&sort=last_name"))).hasSize(4);
			own.bean(SearchKeys.class).addMissing();
			assertThat(emails(client.get("/users/?q=él").is(200))).containsExactly("new@x.org");
			assertThat(emails(client.get("/users/?q=mary").is(200))).isEmpty();
			assertThat(emails(client.get("/users/?q=SA").is(200))).containsExactly("ſam@x.org");
			database.writes().sql("update \"user\" set email = 'moved@x.org' where email = 'ſam@x.org'").update();
			own.bean(SearchKeys.class).addMissing();
			assertThat(emails(client.get("/users/?q=sa").is(200))).isEmpty();
			assertThat(emails(client.get("/users/?q=mov").is(200))).containsExactly("moved@x.org");
			assertThat(emails(pages(client, "/users/?limit=1&sort=last_name")).subList(0, 1))
				.containsExactly("changed@x.org");
		}
	}

	// What is refused

	@ParameterizedTest
	@CsvSource({ "limit=0, limit", "limit=1001, limit", "limit=-1, limit", "limit=1.0, limit", "limit=01, limit",
			"limit=%2B1, limit", "limit=, limit", "limit, limit", "limit=ten, limit", "limit=%D9%A1, limit",
			"limit=99999999999999999999, limit", "limit=1&limit=1, limit", "sort=name, sort", "sort=, sort",
			"sort=-, sort", "sort=--id, sort", "sort=%2Bid, sort", "sort=ID, sort", "sort=password, sort",
			"'sort=id,email', sort", "sort=id&sort=id, sort", "email=, email", "email=ann, email", "email=a@b@c, email",
			"email=a@b&email=a@b, email", "email=a%00@b, email", "q=, q", "q=%20, q", "q=%00, q", "q=a%0Ab, q",
			"q=a&q=b, q", "count=, count", "count=1, count", "count=yes, count", "count=TRUE, count",
			"count=true&count=true, count", "after=, after", "after=1, after", "after=AAAA, after", "after=*, after",
			"after=a&after=b, after", "limit=x&sort=x&email=x&q=&count=x&after=x, limit sort email q count after" })
	void aWrongParameterIsRefusedAndAllWrongOnesAtOnce(String query, String fields) {
		CLIENT.get("/users/?" + query).wrong(fields.split(" "));
	}

	@Test
	void aPrefixIsNoLongerThanAnEmail() {
		CLIENT.get("/users/?q=" + encoded("🦉".repeat(254))).is(200);
		CLIENT.get("/users/?q=" + encoded("🦉".repeat(255))).wrong("q");
	}

	@Test
	void aCursorHoldsForTheListItWasMadeForAlone() {
		String cursor = next(CLIENT.get("/users/?limit=1")).replaceAll(".*after=", "");
		CLIENT.get("/users/?limit=9&count=true&after=" + cursor).is(200);
		CLIENT.get("/users/?sort=id&after=" + cursor).is(200);
		for (String list : new String[] { "sort=-id", "sort=email", "sort=created_on", "q=a", "email=a@b" }) {
			CLIENT.get("/users/?" + list + "&after=" + cursor).wrong("after");
		}
	}

	@Test
	void aDamagedCursorIsRefused() {
		String cursor = next(CLIENT.get("/users/?limit=1&sort=created_on")).replaceAll(".*after=", "");
		String path = "/users/?sort=created_on&after=";
		CLIENT.get(path + cursor).is(200);
		for (int i = 0; i < cursor.length(); i++) {
			char other = (cursor.charAt(i) == 'B') ? 'C' : 'B';
			CLIENT.get(path + cursor.substring(0, i) + other + cursor.substring(i + 1)).wrong("after");
			CLIENT.get(path + cursor.substring(0, i)).wrong("after");
		}
		CLIENT.get(path + cursor + "=").wrong("after");
		CLIENT.get(path + cursor + "A").wrong("after");
	}

	/** Whoever knows how cursors are made gets no further by it. */
	@Test
	void aForgedCursorIsRefusedOrIsOne() {
		for (String key : new String[] { "x", "", "9".repeat(30), "\0", "' or 1=1" }) {
			CLIENT.get("/users/?sort=created_on&after=" + new Cursor(key, 1).text("[created_on]\nnull\nnull"))
				.wrong("after");
		}
		CLIENT.get("/users/?sort=last_name&after=" + new Cursor("\0", 1).text("[last_name]\nnull\nnull"))
			.wrong("after");
		CLIENT
			.get("/users/?after="
					+ Base64.getUrlEncoder().encodeToString("{\"id\": 1}".getBytes(StandardCharsets.UTF_8)))
			.wrong("after");
	}

	@Test
	void aQueryThatIsNotEncodedAsItMustBeIsRefused() throws Exception {
		for (String query : new String[] { "q=%zz", "q=%", "limit=1&%=", "q=%ff", "x=%c0%80" }) {
			RawHttp.answer(SERVICE.address(), """
					GET /users/?%s HTTP/1.1\r
					Host: a\r
					Authorization: %s\r
					Connection: close\r
					\r
					""".formatted(query, ACCOUNT.token())).refused(400, "Bad Request");
		}
	}

	@Test
	void nobodyIsListedToStrangers() {
		SERVICE.client().get("/users/?limit=1").refused(401, "Authentication failed");
		SERVICE.client().get("/users/?limit=x").refused(401, "Authentication failed");
	}

	private static int byCodePoints(String one, String other) {
		return Arrays.compareUnsigned(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
	}

	private static List<Answer> pages(String path) {
		return pages(CLIENT, path);
	}

	private static List<Answer> pages(Client client, String path) {
		List<Answer> pages = new ArrayList<>();
		for (String next = path; next != null;) {
			Answer page = client.get(next).is(200);
			pages.add(page);
			next = next(page);
		}
		return pages;
	}

	private static String next(Answer answer) {
		String link = answer.header("Link");
		if (link == null) {
			return null;
		}
		Matcher matcher = NEXT.matcher(link);
		assertThat(matcher.matches()).as(link).isTrue();
		return matcher.group(1);
	}

	private static int size(Answer answer) {
		return answer.json().size();
	}

	private static List<Long> ids(List<Answer> pages) {
		return pages.stream()
			.flatMap((page) -> page.json().valueStream())
			.map((user) -> user.path("id").longValue())
			.toList();
	}

	private static List<String> emails(Answer answer) {
		return emails(List.of(answer));
	}

	private static List<String> emails(List<Answer> pages) {
		return pages.stream()
			.flatMap((page) -> page.json().valueStream())
			.map((JsonNode user) -> user.path("email").asString())
			.toList();
	}

	private static String encoded(String text) {
		return URLEncoder.encode(text, StandardCharsets.UTF_8);
	}

}
