package accounts.user;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

import accounts.web.Digits;
import com.password4j.ScryptFunction;
import org.jspecify.annotations.Nullable;

import org.springframework.security.crypto.password.PasswordEncoder;

/**
 * Reads the hashes of the tutorial's Flask application, which are Werkzeug's:
 * {@code pbkdf2:sha256:260000$salt$hex} and {@code scrypt:32768:8:1$salt$hex}. It makes
 * none: each is replaced at its owner's next login.
 */
final class WerkzeugEncoder implements PasswordEncoder {

	private static final Pattern PBKDF2 = Pattern
		.compile("pbkdf2:(sha1|sha224|sha256|sha384|sha512)(?::(\\d{1,8}))?\\$([^$]+)\\$((?:[0-9a-f]{2})+)");

	private static final Pattern SCRYPT = Pattern
		.compile("scrypt:(\\d{1,9}):(\\d{1,4}):(\\d{1,3})\\$([^$]+)\\$([0-9a-f]{128})");

	/** Werkzeug's number of iterations where the hash doesn't say, since 2.2. */
	private static final int DEFAULT_ITERATIONS = 260_000;

	/** Five times Werkzeug's dearest, and for scrypt 64 MiB. */
	private static final int MAX_ITERATIONS = 5_000_000;

	private static final int MAX_SCRYPT_BLOCKS = 1 << 19;

	@Override
	public String encode(@Nullable CharSequence password) {
		throw new UnsupportedOperationException("New hashes are Argon2id's");
	}

	@Override
	public boolean matches(@Nullable CharSequence password, @Nullable String encoded) {
		if (password == null || encoded == null) {
			return false;
		}
		try {
			Matcher pbkdf2 = PBKDF2.matcher(encoded);
			if (pbkdf2.matches()) {
				return isPbkdf2(password.toString(), pbkdf2);
			}
			Matcher scrypt = SCRYPT.matcher(encoded);
			return scrypt.matches() && isScrypt(password.toString(), scrypt);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static boolean isPbkdf2(String password, Matcher parts) throws GeneralSecurityException {
		int iterations = (parts.group(2) != null) ? (int) Digits.number(parts.group(2)) : DEFAULT_ITERATIONS;
		byte[] expected = HexFormat.of().parseHex(parts.group(4));
		String algorithm = "Hmac" + parts.group(1).toUpperCase(Locale.ROOT);
		if (iterations < 1 || iterations > MAX_ITERATIONS
				|| expected.length != Mac.getInstance(algorithm).getMacLength()) {
			return false;
		}
		SecretKeyFactory factory = SecretKeyFactory.getInstance("PBKDF2With" + algorithm);
		byte[] salt = parts.group(3).getBytes(StandardCharsets.UTF_8);
		PBEKeySpec spec = new PBEKeySpec(password.toCharArray(), salt, iterations, expected.length * 8);
		return MessageDigest.isEqual(factory.generateSecret(spec).getEncoded(), expected);
	}

	private static boolean isScrypt(String password, Matcher parts) throws GeneralSecurityException {
		int work = (int) Digits.number(parts.group(1));
		int blockSize = (int) Digits.number(parts.group(2));
		int parallelism = (int) Digits.number(parts.group(3));
		if (work < 2 || Integer.bitCount(work) != 1 || blockSize < 1 || parallelism < 1 || parallelism > 16
				|| (long) work * blockSize > MAX_SCRYPT_BLOCKS) {
			return false;
		}
		byte[] expected = HexFormat.of().parseHex(parts.group(5));
		byte[] salt = parts.group(4).getBytes(StandardCharsets.UTF_8);
		byte[] actual = ScryptFunction.getInstance(work, blockSize, parallelism, expected.length)
			.scrypt(password.getBytes(StandardCharsets.UTF_8), salt, expected.length);
		return MessageDigest.isEqual(actual, expected);
	}

}
