package accounts.user;

import java.text.Normalizer;

import jakarta.annotation.PostConstruct;

import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * What names are found and sorted by, made here so that it is the same in every database,
 * whatever that knows of letters.
 */
@Component
class NameKeys {

	private static final int AT_ONCE = 1_000;

	private final UserRepository users;

	NameKeys(UserRepository users) {
		this.users = users;
	}

	/**
	 * A name with the case of its letters ignored. It is that letter by letter, so that
	 * the key of a name's beginning is the beginning of the name's key.
	 */
	static String of(String name) {
		return Normalizer.normalize(name, Normalizer.Form.NFC)
			.codePoints()
			.map((letter) -> Character.toLowerCase(Character.toUpperCase(letter)))
			.collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
			.toString();
	}

	/**
	 * Adds what an earlier version left out, which may go on writing beside this one
	 * while instances are replaced.
	 */
	@PostConstruct
	@Scheduled(fixedDelay = 60_000, initialDelay = 60_000)
	void addMissing() {
		int added;
		do {
			added = this.users.addKeys(AT_ONCE);
		}
		while (added == AT_ONCE);
	}

}
