package accounts.user;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import accounts.web.Digits;
import com.password4j.Argon2Function;
import com.password4j.types.Argon2;
import org.jspecify.annotations.Nullable;

import org.springframework.security.crypto.password.PasswordEncoder;

/**
 * Argon2id (RFC 9106) in the string form of its reference implementation:
 * {@code $argon2id$v=19$m=19456,t=2,p=1$salt$hash}.
 */
final class Argon2Encoder implements PasswordEncoder {

	static final String LIMITS = "256 MiB, the work of 64 passes over 64 MiB, and 16 lanes";

	private static final Pattern ENCODED = Pattern
		.compile("\\$argon2id\\$v=19\\$m=(\\d{1,9}),t=(\\d{1,9}),p=(\\d{1,3})\\$([A-Za-z0-9+/]+)\\$([A-Za-z0-9+/]+)");

	private static final int HASH_BYTES = 32;

	private static final SecureRandom RANDOM = new SecureRandom();

	private final PasswordSettings.Argon2 cost;

	private final @Nullable NativeArgon2 library;

	/**
	 * Hashes by the library, or in Java where there is none: each reads the other's
	 * hashes.
	 */
	Argon2Encoder(PasswordSettings.Argon2 cost, @Nullable NativeArgon2 library) {
		this.cost = cost;
		this.library = library;
		if (library == null) {
			// Makes what this cost needs now: once the service is told to stop, it could
			// not
			function(cost, HASH_BYTES);
		}
	}

	@Override
	public @Nullable String encode(@Nullable CharSequence password) {
		if (password == null) {
			return null;
		}
		byte[] salt = new byte[16];
		RANDOM.nextBytes(salt);
		Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
		return "$argon2id$v=19$m=" + this.cost.memory() + ",t=" + this.cost.iterations() + ",p="
				+ this.cost.parallelism() + "$" + base64.encodeToString(salt) + "$"
				+ base64.encodeToString(hash(password, salt, this.cost, HASH_BYTES));
	}

	@Override
	public boolean matches(@Nullable CharSequence password, @Nullable String encoded) {
		Matcher parts = parts(encoded);
		PasswordSettings.Argon2 used = cost(parts);
		if (password == null || used == null) {
			return false;
		}
		byte[] salt;
		byte[] expected;
		try {
			salt = Base64.getDecoder().decode(parts.group(4));
			expected = Base64.getDecoder().decode(parts.group(5));
		}
		catch (IllegalArgumentException ex) {
			// The salt or the hash is no Base64
			return false;
		}
		return isSized(salt, expected) && MessageDigest.isEqual(hash(password, salt, used, expected.length), expected);
	}

	@Override
	public boolean upgradeEncoding(@Nullable String encoded) {
		return !this.cost.equals(cost(parts(encoded))) || (encoded != null && !plain(encoded).equals(encoded));
	}

	/**
	 * Whether a hash of this cost, which may have come from elsewhere, is one the service
	 * can afford.
	 */
	static boolean isBearable(int memory, int iterations, int parallelism) {
		return parallelism >= 1 && parallelism <= 16 && memory >= 8 * parallelism && memory <= 1 << 18
				&& iterations >= 1 && (long) memory * iterations <= 64L << 16;
	}

	/** RFC 9106, section 3.1, from below; from above what anybody uses. */
	private static boolean isSized(byte[] salt, byte[] hash) {
		return salt.length >= 8 && salt.length <= 64 && hash.length >= 16 && hash.length <= 64;
	}

	private byte[] hash(CharSequence password, byte[] salt, PasswordSettings.Argon2 cost, int length) {
		byte[] bytes = password.toString().getBytes(StandardCharsets.UTF_8);
		try {
			return (this.library != null) ? this.library.hash(bytes, salt, cost, length)
					: function(cost, length).hash(bytes, salt).getBytes();
		}
		finally {
			Arrays.fill(bytes, (byte) 0);
		}
	}

	private static Argon2Function function(PasswordSettings.Argon2 cost, int length) {
		return Argon2Function.getInstance(cost.memory(), cost.iterations(), cost.parallelism(), length, Argon2.ID);
	}

	private static Matcher parts(@Nullable String encoded) {
		return ENCODED.matcher((encoded != null) ? plain(encoded) : "");
	}

	/**
	 * The hash with its numbers in the digits 0 to 9. Earlier versions wrote them in the
	 * digits of the system's language.
	 */
	private static String plain(String encoded) {
		return encoded.codePoints()
			.map((character) -> (Character.getType(character) == Character.DECIMAL_DIGIT_NUMBER)
					? '0' + Character.digit(character, 10) : character)
			.collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
			.toString();
	}

	private static PasswordSettings.@Nullable Argon2 cost(Matcher parts) {
		if (!parts.matches()) {
			return null;
		}
		int memory = (int) Digits.number(parts.group(1));
		int iterations = (int) Digits.number(parts.group(2));
		int parallelism = (int) Digits.number(parts.group(3));
		return isBearable(memory, iterations, parallelism)
				? new PasswordSettings.Argon2(memory, iterations, parallelism) : null;
	}

}
