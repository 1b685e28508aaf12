package accounts.user;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

import accounts.web.Busy;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

import org.springframework.security.crypto.password.PasswordEncoder;

/**
 * Lets only so many passwords be hashed at a time that neither the memory nor the
 * processor runs out; those that would wait too long are told to come again.
 */
final class LimitedEncoder implements PasswordEncoder, MeterBinder {

	private static final int WAITING = 64;

	private static final int SECONDS = 10;

	private static final Duration[] BUCKETS = { Duration.ofMillis(10), Duration.ofMillis(25), Duration.ofMillis(50),
			Duration.ofMillis(100), Duration.ofMillis(250), Duration.ofMillis(500), Duration.ofSeconds(1),
			Duration.ofMillis(2_500), Duration.ofSeconds(5) };

	private final PasswordEncoder encoder;

	private final Semaphore turns;

	private final LongAdder refused = new LongAdder();

	private volatile @Nullable Timer timer;

	LimitedEncoder(PasswordEncoder encoder, int atOnce) {
		this.encoder = encoder;
		this.turns = new Semaphore(atOnce, true);
	}

	@Override
	public @Nullable String encode(@Nullable CharSequence password) {
		return inTurn(() -> this.encoder.encode(password));
	}

	@Override
	public boolean matches(@Nullable CharSequence password, @Nullable String encoded) {
		return Boolean.TRUE.equals(inTurn(() -> this.encoder.matches(password, encoded)));
	}

	@Override
	public boolean upgradeEncoding(@Nullable String encoded) {
		return this.encoder.upgradeEncoding(encoded);
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		this.timer = Timer.builder("accounts.password.hash")
			.description("Passwords hashed, and how long one took in its turn")
			.serviceLevelObjectives(BUCKETS)
			.register(registry);
		Gauge.builder("accounts.password.hash.waiting", this.turns, Semaphore::getQueueLength)
			.description("Requests that wait for their turn to hash a password")
			.register(registry);
		FunctionCounter.builder("accounts.password.hash.refused", this.refused, LongAdder::sum)
			.description("Requests that were told to come again, as too many waited")
			.register(registry);
	}

	private <T> @Nullable T inTurn(Supplier<? extends @Nullable T> hash) {
		takeTurn();
		long start = System.nanoTime();
		try {
			return hash.get();
		}
		finally {
			this.turns.release();
			Timer measured = this.timer;
			if (measured != null) {
				measured.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
			}
		}
	}

	private void takeTurn() {
		try {
			if (this.turns.getQueueLength() >= WAITING || !this.turns.tryAcquire(SECONDS, TimeUnit.SECONDS)) {
				this.refused.increment();
				throw new Busy();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new Busy(ex);
		}
	}

}
