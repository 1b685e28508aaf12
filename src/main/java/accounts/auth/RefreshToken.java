package accounts.auth;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import org.jspecify.annotations.Nullable;

/**
 * A token that renews a session, once: 256 random bits, of which the service keeps no
 * more than a hash (ASVS 7.2.3, 11.5.1). In front of them stand the session's id and the
 * time, behind them a seal, so that one that was ours is known from one that never was,
 * however long ago it was used and however little is kept of it.
 */
final class RefreshToken {

	private static final SecureRandom RANDOM = new SecureRandom();

	private static final int BODY = Long.BYTES + Long.BYTES + 32;

	private static final int SEAL = 16;

	private static final int NONCE = 12;

	/** In bytes: as many as no two tokens of a session share. */
	private static final int NAME = 12;

	private final byte[] bytes;

	private RefreshToken(byte[] bytes) {
		this.bytes = bytes;
	}

	static RefreshToken create(long sessionId, long second, SecretKey sealing) {
		byte[] random = new byte[32];
		RANDOM.nextBytes(random);
		byte[] body = ByteBuffer.allocate(BODY).putLong(sessionId).putLong(second).put(random).array();
		return new RefreshToken(ByteBuffer.allocate(BODY + SEAL).put(body).put(seal(body, sealing)).array());
	}

	/** Reads a token that a client sent: none if it was never ours. */
	static Optional<RefreshToken> read(String text, SecretKey sealing) {
		byte[] bytes;
		try {
			bytes = Base64.getUrlDecoder().decode(text);
		}
		catch (IllegalArgumentException ex) {
			return Optional.empty();
		}
		if (bytes.length != BODY + SEAL || !MessageDigest.isEqual(Arrays.copyOfRange(bytes, BODY, bytes.length),
				seal(Arrays.copyOf(bytes, BODY), sealing))) {
			return Optional.empty();
		}
		RefreshToken token = new RefreshToken(bytes);
		// One token can be written in one way only (RFC 4648, 3.5)
		return token.text().equals(text) ? Optional.of(token) : Optional.empty();
	}

	long sessionId() {
		return ByteBuffer.wrap(this.bytes).getLong();
	}

	/** When it was made, in seconds since 1970. */
	long madeOn() {
		return ByteBuffer.wrap(this.bytes).getLong(Long.BYTES);
	}

	/** What is kept of it. */
	byte[] hash() {
		return sha256(this.bytes);
	}

	boolean hasHash(byte @Nullable [] hash) {
		return MessageDigest.isEqual(hash(), hash);
	}

	/**
	 * The name of the token with that hash, by which access tokens say what they came
	 * with.
	 */
	static String name(byte[] hash) {
		return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, NAME));
	}

	String name() {
		return name(hash());
	}

	/** What the client gets. */
	String text() {
		return Base64.getUrlEncoder().withoutPadding().encodeToString(this.bytes);
	}

	/** Hides an answer so that only who has this token can read it. */
	byte[] hide(byte[] answer) {
		byte[] nonce = new byte[NONCE];
		RANDOM.nextBytes(nonce);
		try {
			byte[] hidden = cipher(Cipher.ENCRYPT_MODE, nonce).doFinal(answer);
			return ByteBuffer.allocate(NONCE + hidden.length).put(nonce).put(hidden).array();
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** Shows an answer that this token has hidden: none if another one did. */
	Optional<byte[]> show(byte[] hidden) {
		try {
			return Optional.of(cipher(Cipher.DECRYPT_MODE, Arrays.copyOf(hidden, NONCE)).doFinal(hidden, NONCE,
					hidden.length - NONCE));
		}
		catch (AEADBadTagException ex) {
			return Optional.empty();
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** Hides the token that follows this one. */
	byte[] hide(RefreshToken successor) {
		return hide(successor.bytes);
	}

	/** Shows the token that follows this one, if this one has hidden it. */
	Optional<RefreshToken> showSuccessor(byte[] hidden) {
		return show(hidden).map(RefreshToken::new);
	}

	private Cipher cipher(int mode, byte[] nonce) throws GeneralSecurityException {
		// Another hash than the one that is kept: what is in the database opens nothing
		byte[] key = sha256(ByteBuffer.allocate(1 + this.bytes.length).put((byte) 1).put(this.bytes).array());
		Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
		cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, nonce));
		return cipher;
	}

	private static byte[] seal(byte[] body, SecretKey sealing) {
		try {
			Mac mac = Mac.getInstance("HmacSHA256");
			mac.init(sealing);
			return Arrays.copyOf(mac.doFinal(body), SEAL);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static byte[] sha256(byte[] bytes) {
		try {
			return MessageDigest.getInstance("SHA-256").digest(bytes);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public String toString() {
		return "Refresh token of session " + sessionId();
	}

}
