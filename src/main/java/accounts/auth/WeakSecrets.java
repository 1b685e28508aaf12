package accounts.auth;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.stream.IntStream;

import org.springframework.core.io.ClassPathResource;

/**
 * Finds secrets that somebody may guess (ASVS 13.2.3): too short, of too few characters,
 * dull, or published. What the list is made of is told in the README.md beside it.
 */
final class WeakSecrets {

	/** RFC 7518, section 3.2. */
	private static final int MIN_BYTES = 32;

	/** All but one in 9,000 random secrets of 32 hexadecimal digits have as many. */
	private static final int MIN_DIFFERENT = 10;

	private WeakSecrets() {
	}

	static boolean contains(String secret) {
		return secret.getBytes(StandardCharsets.UTF_8).length < MIN_BYTES
				|| secret.codePoints().distinct().count() < MIN_DIFFERENT || isRepeated(secret) || isInOrder(secret)
				|| isPublished(secret);
	}

	/** Whether it is one text twice or more, the last of which may be cut short. */
	private static boolean isRepeated(String secret) {
		int length = secret.length();
		return IntStream.rangeClosed(1, (length + 1) / 2)
			.anyMatch((period) -> secret.regionMatches(true, period, secret, 0, length - period));
	}

	/**
	 * Whether two thirds of its characters are the same as the one before or its
	 * neighbour, as in an alphabet: of a random one's hexadecimal digits it is a sixth.
	 */
	private static boolean isInOrder(String secret) {
		long steps = IntStream.range(1, secret.length())
			.filter((i) -> Math.abs(secret.charAt(i) - secret.charAt(i - 1)) <= 1)
			.count();
		return 3 * steps >= 2L * (secret.length() - 1);
	}

	private static boolean isPublished(String secret) {
		try {
			byte[] hash = MessageDigest.getInstance("SHA-256")
				.digest(secret.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8));
			return new ClassPathResource("secrets/published.txt").getContentAsString(StandardCharsets.US_ASCII)
				.lines()
				.anyMatch(HexFormat.of().formatHex(hash, 0, 8)::equals);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
