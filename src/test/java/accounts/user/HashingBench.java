package accounts.user;

import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;

/**
 * What a password takes to be hashed at the standard cost, and by bcrypt at that of
 * PocketBase and Supabase.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class HashingBench {

	private static final PasswordSettings.Argon2 COST = new PasswordSettings.Argon2(19456, 2, 1);

	private final PasswordEncoder inC = new Argon2Encoder(COST, NativeArgon2.load());

	private final PasswordEncoder inJava = new Argon2Encoder(COST, null);

	private final PasswordEncoder bcrypt = new BCryptPasswordEncoder(10);

	@Benchmark
	public String hashInC() {
		return this.inC.encode("correct horse");
	}

	@Benchmark
	public String hashInJava() {
		return this.inJava.encode("correct horse");
	}

	@Benchmark
	public String hashByBcrypt() {
		return this.bcrypt.encode("correct horse");
	}

}
