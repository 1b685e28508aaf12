package accounts.user;

import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The words that who knows the user or the service tries first (NIST SP 800-63B-4,
 * 3.1.1.2; ASVS 6.2.11): the names of both and the email, whole and in parts. Only
 * letters and digits count, in any case.
 */
final class OwnWords {

	/** A shorter word is found in too many others. */
	private static final int SHORTEST = 3;

	private static final Pattern OTHERS = Pattern.compile("[^\\p{L}\\p{M}\\p{N}]+");

	private final Set<String> words = new LinkedHashSet<>();

	OwnWords(String firstName, String lastName, String email, String service) {
		add(firstName + lastName);
		add(lastName + firstName);
		addParts(firstName);
		addParts(lastName);
		add(email);
		addParts(email.substring(0, email.lastIndexOf('@') + 1));
		addDomain(email.substring(email.lastIndexOf('@') + 1));
		addParts(service);
		this.words.remove("");
	}

	/**
	 * Whether at least half of the password is such words, which may overlap. A long one
	 * that only has some of them in it is fine.
	 */
	boolean prevailIn(String password) {
		String letters = letters(password);
		if (this.words.contains(letters)) {
			return true;
		}
		BitSet covered = new BitSet(letters.length());
		for (String word : this.words) {
			if (word.codePointCount(0, word.length()) >= SHORTEST) {
				for (int at = letters.indexOf(word); at >= 0; at = letters.indexOf(word, at + 1)) {
					covered.set(at, at + word.length());
				}
			}
		}
		return !covered.isEmpty() && 2 * covered.cardinality() >= letters.length();
	}

	private void add(String text) {
		this.words.add(letters(text));
	}

	private void addParts(String text) {
		add(text);
		Arrays.stream(OTHERS.split(text)).forEach(this::add);
	}

	/** Of {@code mail.example.org} also its parts, but not what thousands end in. */
	private void addDomain(String domain) {
		add(domain);
		int last = domain.lastIndexOf('.');
		if (last >= 0) {
			addParts(domain.substring(0, last));
		}
	}

	private static String letters(String text) {
		return OTHERS.matcher(CommonPasswords.fold(text)).replaceAll("");
	}

}
