package accounts.auth;

import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * A key that tokens are signed with.
 *
 * @param id the {@code kid} of the tokens
 * @param algorithm its name in RFC 7518
 */
record SigningKey(String id, String algorithm, SecretKey secret) {

	static final String HS256 = "HS256";

	static SigningKey hs256(String id, byte[] secret) {
		return new SigningKey(id, HS256, new SecretKeySpec(secret, "HmacSHA256"));
	}

	@Override
	public String toString() {
		return "SigningKey " + this.id;
	}

}
