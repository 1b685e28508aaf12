package accounts.user;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.password4j.Argon2Function;
import com.password4j.types.Argon2;
import org.jspecify.annotations.Nullable;

import org.springframework.security.crypto.password.PasswordEncoder;

/**
 * Argon2id (RFC 9106) in the string form of its reference implementation:
 * {@code $argon2id$v=19$m=19456,t=2,p=1$salt$hash}.
 */
final class Argon2Encoder implements PasswordEncoder {

	static final String LIMITS = "1 GiB of memory and 64 passes of 64 MiB";

	private static final Pattern ENCODED = Pattern
		.compile("\\$argon2id\\$v=19\\$m=(\\d{1,9}),t=(\\d{1,9}),p=(\\d{1,3})\\$[A-Za-z0-9+/]+\\$[A-Za-z0-9+/]+");

	private static final SecureRandom RANDOM = new SecureRandom();

	private final PasswordSettings.Argon2 cost;

	Argon2Encoder(PasswordSettings.Argon2 cost) {
		this.cost = cost;
	}

	@Override
	public @Nullable String encode(@Nullable CharSequence password) {
		if (password == null) {
			return null;
		}
		byte[] salt = new byte[16];
		RANDOM.nextBytes(salt);
		Argon2Function function = Argon2Function.getInstance(this.cost.memory(), this.cost.iterations(),
				this.cost.parallelism(), 32, Argon2.ID);
		return function.hash(bytes(password), salt).getResult();
	}

	@Override
	public boolean matches(@Nullable CharSequence password, @Nullable String encoded) {
		PasswordSettings.Argon2 used = cost(encoded);
		if (password == null || encoded == null || used == null) {
			return false;
		}
		return Argon2Function.getInstanceFromHash(encoded).check(bytes(password), bytes(encoded));
	}

	@Override
	public boolean upgradeEncoding(@Nullable String encoded) {
		return !this.cost.equals(cost(encoded));
	}

	/**
	 * Whether a hash of this cost, which may have come from elsewhere, is one the service
	 * can afford.
	 */
	static boolean isBearable(int memory, int iterations, int parallelism) {
		return memory <= 1 << 20 && parallelism <= 16 && (long) memory * iterations <= 64L << 16;
	}

	private static PasswordSettings.@Nullable Argon2 cost(@Nullable String encoded) {
		Matcher parts = ENCODED.matcher((encoded != null) ? encoded : "");
		if (!parts.matches()) {
			return null;
		}
		int memory = Integer.parseInt(parts.group(1));
		int iterations = Integer.parseInt(parts.group(2));
		int parallelism = Integer.parseInt(parts.group(3));
		return isBearable(memory, iterations, parallelism)
				? new PasswordSettings.Argon2(memory, iterations, parallelism) : null;
	}

	private static byte[] bytes(CharSequence text) {
		return text.toString().getBytes(StandardCharsets.UTF_8);
	}

}
