package accounts.user;

import accounts.web.Texts;
import org.jspecify.annotations.Nullable;

import org.springframework.security.crypto.password.PasswordEncoder;

/**
 * Hashes a password in NFC, so that it is the same from every keyboard (NIST SP
 * 800-63B-4, 3.1.1.2). Hashes of earlier versions and of other systems are of the
 * password as it was typed.
 */
final class NfcEncoder implements PasswordEncoder {

	private final PasswordEncoder encoder;

	NfcEncoder(PasswordEncoder encoder) {
		this.encoder = encoder;
	}

	@Override
	public @Nullable String encode(@Nullable CharSequence password) {
		return this.encoder.encode((password != null) ? Texts.nfc(password.toString()) : null);
	}

	/** Only a password that is not typed in NFC costs a second hash. */
	@Override
	public boolean matches(@Nullable CharSequence password, @Nullable String encoded) {
		if (password == null) {
			return false;
		}
		String typed = password.toString();
		String nfc = Texts.nfc(typed);
		return this.encoder.matches(nfc, encoded) || (!nfc.equals(typed) && this.encoder.matches(typed, encoded));
	}

	@Override
	public boolean upgradeEncoding(@Nullable String encoded) {
		return this.encoder.upgradeEncoding(encoded);
	}

}
