package accounts.user;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import accounts.web.Digits;
import com.password4j.ScryptFunction;
import org.jspecify.annotations.Nullable;

/**
 * A hash of Werkzeug's, read from its text {@code method$salt$hex}, of a kind and a cost
 * that can be checked here.
 *
 * @param salt the bytes of its text
 * @param digest what the right password gives
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record WerkzeugHash(Method method, byte[] salt, byte[] digest) {

	/** The names in Python of what Java can do as well. */
	private static final String DIGESTS = "(md5|sha1|sha224|sha256|sha384|sha512|sha512_224|sha512_256"
			+ "|sha3_224|sha3_256|sha3_384|sha3_512)";

	private static final Pattern TEXT = Pattern.compile("([^$]+)\\$([^$]+)\\$([0-9a-f]{32,128})");

	private static final Pattern SCRYPT = Pattern.compile("scrypt:(\\d{1,9}):(\\d{1,4}):(\\d{1,3})");

	private static final Pattern PBKDF2 = Pattern.compile("pbkdf2:" + DIGESTS + "(?::(\\d{1,8}))?");

	/** Before Werkzeug 3.0. */
	private static final Pattern SALTED = Pattern.compile(DIGESTS);

	/** Werkzeug's number of iterations where the hash doesn't say, since 2.2. */
	private static final int DEFAULT_ITERATIONS = 260_000;

	/** Twice Werkzeug's dearest. */
	private static final int MAX_ITERATIONS = 2_000_000;

	/** 128 MiB, in blocks of 128 bytes. */
	private static final int MAX_SCRYPT_BLOCKS = 1 << 20;

	/** Four times what OWASP's dearest takes, as the lanes are made in turn. */
	private static final int MAX_SCRYPT_WORK = 1 << 22;

	private static final int SCRYPT_BYTES = 64;

	/** Reads a hash, or nothing if it can't be checked. */
	static Optional<WerkzeugHash> read(@Nullable String text) {
		Matcher parts = TEXT.matcher((text != null) ? text : "");
		if (!parts.matches() || parts.group(3).length() % 2 != 0) {
			return Optional.empty();
		}
		byte[] digest = HexFormat.of().parseHex(parts.group(3));
		return method(parts.group(1)).filter((method) -> method.length() == digest.length)
			.map((method) -> new WerkzeugHash(method, parts.group(2).getBytes(StandardCharsets.UTF_8), digest));
	}

	private static Optional<Method> method(String name) {
		Matcher scrypt = SCRYPT.matcher(name);
		if (scrypt.matches()) {
			return Optional
				.of(new Scrypt((int) Digits.number(scrypt.group(1)), (int) Digits.number(scrypt.group(2)),
						(int) Digits.number(scrypt.group(3))))
				.filter(Scrypt::isBearable)
				.map(Method.class::cast);
		}
		Matcher pbkdf2 = PBKDF2.matcher(name);
		if (pbkdf2.matches()) {
			int iterations = (pbkdf2.group(2) != null) ? (int) Digits.number(pbkdf2.group(2)) : DEFAULT_ITERATIONS;
			return (iterations >= 1 && iterations <= MAX_ITERATIONS)
					? Optional.of(new Pbkdf2(mac(pbkdf2.group(1)), iterations)) : Optional.empty();
		}
		return SALTED.matcher(name).matches() ? Optional.of(new Salted(mac(name))) : Optional.empty();
	}

	/** Java's name for HMAC with a digest of Python's. */
	private static String mac(String digest) {
		return "Hmac" + digest.toUpperCase(Locale.ROOT).replace("SHA3_", "SHA3-").replace("SHA512_", "SHA512/");
	}

	boolean isOf(CharSequence password) {
		byte[] bytes = password.toString().getBytes(StandardCharsets.UTF_8);
		try {
			return MessageDigest.isEqual(this.method.hash(bytes, this.salt), this.digest);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** How many bytes of the heap it takes to check a password. */
	long memory() {
		return this.method.memory();
	}

	/** How a hash is made. */
	sealed interface Method {

		byte[] hash(byte[] password, byte[] salt) throws GeneralSecurityException;

		/** In bytes. */
		int length();

		default long memory() {
			return 0;
		}

	}

	private record Scrypt(int work, int blockSize, int parallelism) implements Method {

		boolean isBearable() {
			long blocks = (long) this.work * this.blockSize;
			return this.work >= 2 && Integer.bitCount(this.work) == 1 && this.blockSize >= 1 && this.parallelism >= 1
					&& blocks <= MAX_SCRYPT_BLOCKS && blocks * this.parallelism <= MAX_SCRYPT_WORK;
		}

		@Override
		public byte[] hash(byte[] password, byte[] salt) throws GeneralSecurityException {
			return ScryptFunction.getInstance(this.work, this.blockSize, this.parallelism, SCRYPT_BYTES)
				.scrypt(password, salt, SCRYPT_BYTES);
		}

		@Override
		public int length() {
			return SCRYPT_BYTES;
		}

		@Override
		public long memory() {
			return 128L * this.work * this.blockSize;
		}

	}

	/** RFC 8018, for which the JDK has no factory with SHA-3 or MD5. */
	private record Pbkdf2(String mac, int iterations) implements Method {

		@Override
		public byte[] hash(byte[] password, byte[] salt) throws GeneralSecurityException {
			Mac hmac = hmac(this.mac, password);
			hmac.update(salt);
			// The one block that is as long as the digest
			byte[] last = hmac.doFinal(new byte[] { 0, 0, 0, 1 });
			byte[] hash = last.clone();
			for (int i = 1; i < this.iterations; i++) {
				hmac.update(last);
				hmac.doFinal(last, 0);
				for (int j = 0; j < hash.length; j++) {
					hash[j] ^= last[j];
				}
			}
			return hash;
		}

		@Override
		public int length() {
			return macLength(this.mac);
		}

	}

	/** HMAC whose key is the salt. */
	private record Salted(String mac) implements Method {

		@Override
		public byte[] hash(byte[] password, byte[] salt) throws GeneralSecurityException {
			return hmac(this.mac, salt).doFinal(password);
		}

		@Override
		public int length() {
			return macLength(this.mac);
		}

	}

	private static Mac hmac(String name, byte[] key) throws GeneralSecurityException {
		Mac mac = Mac.getInstance(name);
		// Zeros fill a key up, so that one of them is the same as none, which Java
		// refuses
		mac.init(new SecretKeySpec((key.length > 0) ? key : new byte[1], name));
		return mac;
	}

	private static int macLength(String name) {
		try {
			return Mac.getInstance(name).getMacLength();
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
