package accounts.user;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;

/**
 * What a hash costs: how many passwords a thread checks in a second, by the native
 * library, in Java, and with bcrypt beside them.
 */
public final class HashingCosts {

	private static final int ROUNDS = 5;

	private static final long NANOS = TimeUnit.SECONDS.toNanos(5);

	private HashingCosts() {
	}

	public static void main(String[] arguments) {
		PasswordSettings.Argon2 cost = new PasswordSettings.Argon2(19456, 2, 1);
		Map<String, PasswordEncoder> encoders = new LinkedHashMap<>();
		encoders.put("native", new Argon2Encoder(cost, NativeArgon2.load()));
		encoders.put("in Java", new Argon2Encoder(cost, null));
		encoders.put("bcrypt 10", new BCryptPasswordEncoder(10));
		encoders.values().forEach(HashingCosts::perSecond);
		Map<String, List<Double>> rates = new LinkedHashMap<>();
		for (int round = 0; round < ROUNDS; round++) {
			encoders.forEach(
					(name, encoder) -> rates.computeIfAbsent(name, (key) -> new ArrayList<>()).add(perSecond(encoder)));
		}
		rates.forEach((name, all) -> System.out.printf("%s: %.1f a second (median of %d)%n", name,
				all.stream().sorted().skip(ROUNDS / 2).findFirst().orElseThrow(), ROUNDS));
	}

	private static double perSecond(PasswordEncoder encoder) {
		String hash = encoder.encode("correct horse");
		long start = System.nanoTime();
		int checked = 0;
		while (System.nanoTime() - start < NANOS) {
			if (!encoder.matches("correct horse", hash)) {
				throw new IllegalStateException(hash);
			}
			checked++;
		}
		return checked * 1e9 / (System.nanoTime() - start);
	}

}
