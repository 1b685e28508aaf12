package accounts.user;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.Locale;

import org.springframework.core.io.ClassPathResource;

/**
 * The passwords that attackers try first, as they are known from breaches (NIST SP
 * 800-63B-4, 3.1.1.2; ASVS 6.2.4, 6.2.12). What the list is made of, and its form, are
 * told in the README.md beside it.
 */
final class CommonPasswords {

	/** Passwords whose hashes begin with the same two bytes are a group. */
	static final int GROUPS = 1 << 16;

	/**
	 * What is kept of a hash beside those two bytes: one password in 5 million is taken
	 * for a common one.
	 */
	static final int BYTES = 3;

	/** What is repeated need not be on the list if it is that short. */
	private static final int SHORT = 4;

	private final byte[] list;

	private final int[] starts = new int[GROUPS + 1];

	CommonPasswords() {
		try {
			this.list = new ClassPathResource("passwords/common.bin").getContentAsByteArray();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		for (int group = 0; group < GROUPS; group++) {
			this.starts[group + 1] = this.starts[group] + Byte.toUnsignedInt(this.list[group]);
		}
	}

	/** Whether a password is one of them, or nothing but one of them repeated. */
	boolean contains(String password) {
		String folded = fold(password);
		String unit = folded.substring(0, period(folded));
		return isListed(folded) || (unit.length() < folded.length() && (unit.length() <= SHORT || isListed(unit)));
	}

	private boolean isListed(String folded) {
		byte[] hash = hash(folded);
		int group = group(hash);
		for (int i = this.starts[group]; i < this.starts[group + 1]; i++) {
			int place = GROUPS + i * BYTES;
			if (Arrays.equals(this.list, place, place + BYTES, hash, 2, 2 + BYTES)) {
				return true;
			}
		}
		return false;
	}

	/** One form for all ways to write the same letters. */
	static String fold(String text) {
		return Normalizer.normalize(text, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
	}

	static byte[] hash(String folded) {
		try {
			return MessageDigest.getInstance("SHA-256").digest(folded.getBytes(StandardCharsets.UTF_8));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	static int group(byte[] hash) {
		return Byte.toUnsignedInt(hash[0]) << 8 | Byte.toUnsignedInt(hash[1]);
	}

	/**
	 * The length of what a text repeats, of which the last time may be cut short; the
	 * text's own where it repeats nothing (Knuth, Morris and Pratt).
	 */
	private static int period(String text) {
		int[] borders = new int[text.length() + 1];
		int border = 0;
		for (int i = 1; i < text.length(); i++) {
			while (border > 0 && text.charAt(i) != text.charAt(border)) {
				border = borders[border];
			}
			if (text.charAt(i) == text.charAt(border)) {
				border++;
			}
			borders[i + 1] = border;
		}
		int period = text.length() - borders[text.length()];
		return (2 * period <= text.length()) ? period : text.length();
	}

}
