package accounts.auth;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;

import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

import accounts.start.StartRefused;
import org.jspecify.annotations.Nullable;

import org.springframework.stereotype.Component;

/**
 * Encrypts the keys in the database where the operator gave a passphrase: AES-GCM with a
 * key that PBKDF2 makes of it, so that a copy of the database alone signs nothing.
 */
@Component
class KeyCipher {

	/** OWASP Password Storage sheet, for HMAC-SHA256. */
	private static final int ITERATIONS = 600_000;

	private static final int SALT = 16;

	private static final int NONCE = 12;

	private static final SecureRandom RANDOM = new SecureRandom();

	private final @Nullable String passphrase;

	KeyCipher(KeySettings settings) {
		String passphrase = settings.passphrase();
		this.passphrase = (passphrase != null && !passphrase.isEmpty()) ? passphrase : null;
	}

	boolean encrypts() {
		return this.passphrase != null;
	}

	/** Encrypts one key's material, bound to that key's id. */
	byte[] encrypt(String id, byte[] material) {
		byte[] salt = random(SALT);
		byte[] nonce = random(NONCE);
		try {
			byte[] encrypted = cipher(Cipher.ENCRYPT_MODE, id, salt, nonce).doFinal(material);
			return ByteBuffer.allocate(SALT + NONCE + encrypted.length).put(salt).put(nonce).put(encrypted).array();
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Reads material that was encrypted.
	 * @throws StartRefused if there is no passphrase or another one, or the material was
	 * changed
	 */
	byte[] decrypt(String id, byte[] encrypted) {
		if (encrypted.length < SALT + NONCE) {
			throw new StartRefused("The key " + id + " in the database is damaged: restore it from a backup.");
		}
		byte[] salt = Arrays.copyOf(encrypted, SALT);
		byte[] nonce = Arrays.copyOfRange(encrypted, SALT, SALT + NONCE);
		try {
			return cipher(Cipher.DECRYPT_MODE, id, salt, nonce)
				.doFinal(Arrays.copyOfRange(encrypted, SALT + NONCE, encrypted.length));
		}
		catch (AEADBadTagException ex) {
			throw new StartRefused("The key " + id + " in the database was encrypted with another passphrase, "
					+ "or is damaged: set ACCOUNTS_KEYS_PASSPHRASE to the one it was encrypted with.", ex);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private Cipher cipher(int mode, String id, byte[] salt, byte[] nonce) throws GeneralSecurityException {
		if (this.passphrase == null) {
			throw new StartRefused(
					"The keys in the database are encrypted: set ACCOUNTS_KEYS_PASSPHRASE to the passphrase they were encrypted with.");
		}
		PBEKeySpec spec = new PBEKeySpec(this.passphrase.toCharArray(), salt, ITERATIONS, 256);
		SecretKey derived = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec);
		Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
		cipher.init(mode, new SecretKeySpec(derived.getEncoded(), "AES"), new GCMParameterSpec(128, nonce));
		cipher.updateAAD(id.getBytes(StandardCharsets.UTF_8));
		return cipher;
	}

	private static byte[] random(int length) {
		byte[] bytes = new byte[length];
		RANDOM.nextBytes(bytes);
		return bytes;
	}

}
