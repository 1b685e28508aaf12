package accounts.user;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import accounts.web.Texts;
import jakarta.annotation.PostConstruct;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.dao.DuplicateKeyException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * What users are found and sorted by, made here so that it is the same in every database,
 * whatever that knows of letters.
 */
@Component
class SearchKeys {

	private static final Logger log = LoggerFactory.getLogger(SearchKeys.class);

	private static final int AT_ONCE = 1_000;

	/** How many accounts a line of the log names. */
	private static final int NAMED = 20;

	/** Of these letters no other is the same, also not to the index of the emails. */
	private static final Pattern PLAIN = Pattern.compile("[a-z0-9.@_+-]*");

	/** Lower case of the Turkish İ has a second dot. */
	private static final Pattern DOTTED = Pattern.compile("i\u0307+");

	private final SearchKeyRepository repository;

	SearchKeys(SearchKeyRepository repository) {
		this.repository = repository;
	}

	/**
	 * A name or an email with the case of its letters ignored. An email is in lower case
	 * already; so is all else first. The rest is done letter by letter, so that the key
	 * of a name's beginning is the beginning of the name's key.
	 */
	static String of(String text) {
		return DOTTED.matcher(Texts.lowerCase(text))
			.replaceAll("i")
			.codePoints()
			.map((letter) -> Character.toLowerCase(Character.toUpperCase(letter)))
			.collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
			.toString();
	}

	/** The key of an email, which is empty where that is its own. */
	static String ofEmail(String email) {
		return isPlain(email) ? "" : of(email);
	}

	/** What an email's key is made of, which is empty where it needs none. */
	static String keyedEmail(String email) {
		return isPlain(email) ? "" : email;
	}

	private static boolean isPlain(String email) {
		return PLAIN.matcher(email).matches();
	}

	/**
	 * Puts right what earlier versions wrote. They may go on beside this one, and know an
	 * email only in the form in which they wrote it: it gets today's at a start alone.
	 */
	@PostConstruct
	void start() {
		add(true);
		nameDoubles();
		nameInvisible();
	}

	/** Adds what an earlier version beside this one has left out. */
	@Scheduled(fixedDelay = 60_000, initialDelay = 60_000)
	void addMissing() {
		add(false);
	}

	private void add(boolean normalize) {
		int added;
		do {
			added = this.repository.addNameKeys(AT_ONCE);
		}
		while (added == AT_ONCE);
		Optional<Long> last = Optional.of(0L);
		while (last.isPresent()) {
			last = addEmailKeys(last.get(), normalize);
		}
	}

	private Optional<Long> addEmailKeys(long after, boolean normalize) {
		try {
			return this.repository.addEmailKeys(after, AT_ONCE, normalize);
		}
		catch (DuplicateKeyException ex) {
			// Somebody has just signed up with an email that was to be another's: once
			// more, to find it taken
			return Optional.of(after);
		}
	}

	private void nameDoubles() {
		List<String> doubles = this.repository.doubles(NAMED + 1)
			.stream()
			.map((ids) -> ids.get(0) + " and " + ids.get(1))
			.toList();
		if (!doubles.isEmpty()) {
			log.warn(
					"Accounts with the same email in two ways of typing it, by their ids: {}. Each logs in with its own: "
							+ "let one of the two change or delete it",
					named(doubles));
		}
	}

	private void nameInvisible() {
		List<Long> invisible = this.repository.invisible(NAMED + 1);
		if (!invisible.isEmpty()) {
			log.warn(
					"Accounts with invisible characters in their emails, by their ids: {}. They may be meant to look like "
							+ "others: let them change the email, or delete them",
					named(invisible));
		}
	}

	private static String named(List<?> accounts) {
		return accounts.stream().limit(NAMED).map(String::valueOf).collect(Collectors.joining(", "))
				+ ((accounts.size() > NAMED) ? " and more" : "");
	}

}
