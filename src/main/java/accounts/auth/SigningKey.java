package accounts.auth;

import java.security.Key;
import java.time.Instant;

import accounts.web.Busy;
import org.jspecify.annotations.Nullable;

/**
 * A key that signs tokens, has signed them or will.
 *
 * @param id the {@code kid} of its tokens
 * @param material nothing if this instance can't read it, as others may
 * @param signsFrom when it takes over from the key before it; it is published earlier
 */
record SigningKey(String id, SigningAlgorithm algorithm, @Nullable Material material, Instant signsFrom) {

	/** The {@code kid} of the secret that a setting holds. */
	static final String CONFIGURED = "configured";

	/**
	 * What signs and verifies.
	 * @throws Busy if this instance can't read it
	 */
	@Override
	public Material material() {
		if (this.material == null) {
			throw new Busy();
		}
		return this.material;
	}

	@Override
	public String toString() {
		return this.algorithm + " key " + this.id;
	}

	/**
	 * What signs and what verifies: the same secret, or a private and its public key.
	 */
	record Material(Key signing, Key verifying) {

		@Override
		public String toString() {
			return "Key material";
		}

	}

}
