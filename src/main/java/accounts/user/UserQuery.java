package accounts.user;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

import accounts.web.Digits;
import accounts.web.Fields;
import accounts.web.Texts;
import org.jspecify.annotations.Nullable;

import org.springframework.util.MultiValueMap;
import org.springframework.web.util.UriUtils;

/**
 * Which users a client asks for, and in what order.
 *
 * @param parameters all that it wrote
 * @param limit how many at most
 * @param email the only one's
 * @param prefix what an email or a name begins with, as {@link SearchKeys} has it
 * @param after the last user of the page before
 * @param counted whether it wants to know how many there are on all pages
 */
record UserQuery(MultiValueMap<String, String> parameters, int limit, Sort sort, boolean descending,
		@Nullable String email, @Nullable String prefix, @Nullable Cursor after, boolean counted) {

	private static final int DEFAULT_LIMIT = 100;

	private static final int MAX_LIMIT = 1_000;

	private static final int MAX_PREFIX = 254;

	private static final String AFTER = "after";

	private static final Set<String> NAMES = Set.of("limit", AFTER, "sort", "email", "q", "count");

	/** What a list can be sorted by. */
	enum Sort {

		ID("id", true), EMAIL("email", true), LAST_NAME("last_name_key", false), CREATED_ON("created_on", false);

		private final String key;

		private final boolean unique;

		Sort(String key, boolean unique) {
			this.key = key;
			this.unique = unique;
		}

		/** The columns of the index, the last of which is unique. */
		List<String> columns() {
			return this.unique ? List.of(this.key) : List.of(this.key, "id");
		}

		/** The columns' values at which the next page begins. */
		List<Object> values(Cursor cursor) {
			return switch (this) {
				case ID -> List.of(cursor.id());
				case EMAIL -> List.of(cursor.key());
				case LAST_NAME -> List.of(cursor.key(), cursor.id());
				case CREATED_ON -> List.of(Digits.number(cursor.key()), cursor.id());
			};
		}

		/** The page's end. */
		Cursor cursor(User user, String lastNameKey) {
			return new Cursor(switch (this) {
				case ID -> "";
				case EMAIL -> user.email();
				case LAST_NAME -> lastNameKey;
				case CREATED_ON -> Long.toString(user.createdOn().getEpochSecond());
			}, user.id());
		}

		private static Sort named(String name) {
			return Arrays.stream(values())
				.filter((sort) -> sort.toString().equals(name))
				.findFirst()
				.orElseThrow(() -> new IllegalArgumentException("must be one of "
						+ Arrays.stream(values()).map(Sort::toString).collect(Collectors.joining(", "))
						+ ", with a - in front for the other direction"));
		}

		@Override
		public String toString() {
			return name().toLowerCase(Locale.ROOT);
		}

	}

	/** Whether a client asks for a page, and not for all users that there are. */
	static boolean isIn(MultiValueMap<String, String> parameters) {
		return parameters.keySet().stream().anyMatch(NAMES::contains);
	}

	/**
	 * Reads the parameters.
	 * @throws accounts.web.InvalidFields if some are not what they must be
	 */
	static UserQuery of(MultiValueMap<String, String> parameters, AccountRules rules) {
		Fields fields = new Fields();
		Integer limit = fields.parameter("limit", parameters.get("limit"), UserQuery::limit);
		Sort sort = fields.parameter("sort", parameters.get("sort"), (text) -> Sort.named(ascending(text)));
		String email = fields.parameter("email", parameters.get("email"), rules::email);
		String prefix = fields.parameter("q", parameters.get("q"), UserQuery::prefix);
		Boolean counted = fields.parameter("count", parameters.get("count"), UserQuery::flag);
		Sort sortOrId = (sort != null) ? sort : Sort.ID;
		Cursor after = fields.parameter(AFTER, parameters.get(AFTER),
				(text) -> Cursor.read(text, list(parameters), sortOrId));
		fields.refuseWrong();
		String order = parameters.getFirst("sort");
		return new UserQuery(parameters, (limit != null) ? limit : DEFAULT_LIMIT, sortOrId,
				order != null && order.startsWith("-"), email, prefix, after, Boolean.TRUE.equals(counted));
	}

	/** Where the page behind a user is to be found, all else being as it is. */
	String next(Cursor last) {
		List<String> query = new ArrayList<>();
		this.parameters.forEach((name, values) -> {
			if (NAMES.contains(name) && !name.equals(AFTER)) {
				values.forEach((value) -> query.add(encoded(name) + "=" + encoded(value)));
			}
		});
		query.add(AFTER + "=" + last.text(list(this.parameters)));
		return "/users/?" + String.join("&", query);
	}

	/** What makes it another list, whose cursors are of no use for this one. */
	private static String list(MultiValueMap<String, String> parameters) {
		return parameters.getOrDefault("sort", List.of("id")) + "\n" + parameters.get("email") + "\n"
				+ parameters.get("q");
	}

	private static String encoded(String text) {
		return UriUtils.encode(text, StandardCharsets.UTF_8);
	}

	private static String ascending(String sort) {
		return sort.startsWith("-") ? sort.substring(1) : sort;
	}

	private static int limit(String text) {
		if (!text.matches("[1-9][0-9]{0,3}") || Digits.number(text) > MAX_LIMIT) {
			throw new IllegalArgumentException("must be a number from 1 to " + MAX_LIMIT);
		}
		return (int) Digits.number(text);
	}

	private static String prefix(String text) {
		String prefix = SearchKeys.of(Texts.trimmedAtStart(Fields.text(text)));
		if (prefix.isEmpty() || prefix.codePointCount(0, prefix.length()) > MAX_PREFIX) {
			throw new IllegalArgumentException("must be text of 1 to " + MAX_PREFIX + " characters");
		}
		return prefix;
	}

	private static boolean flag(String text) {
		if (!Set.of("true", "false").contains(text)) {
			throw new IllegalArgumentException("must be true or false");
		}
		return Boolean.parseBoolean(text);
	}

	/** Whether a user is one of those whom the client looks for by the prefix. */
	boolean finds(User user) {
		return this.prefix == null || SearchKeys.of(user.email()).startsWith(this.prefix)
				|| SearchKeys.of(user.firstName()).startsWith(this.prefix)
				|| SearchKeys.of(user.lastName()).startsWith(this.prefix);
	}

}
