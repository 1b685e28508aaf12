package accounts.user;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import accounts.web.Busy;
import org.jspecify.annotations.Nullable;

import org.springframework.security.crypto.password.PasswordEncoder;

/**
 * Lets only so many passwords be hashed at a time that neither the memory nor the
 * processor runs out; those that would wait too long are told to come again.
 */
final class LimitedEncoder implements PasswordEncoder {

	private static final int WAITING = 64;

	private static final int SECONDS = 10;

	private final PasswordEncoder encoder;

	private final Semaphore turns;

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

	private <T> @Nullable T inTurn(Supplier<? extends @Nullable T> hash) {
		takeTurn();
		try {
			return hash.get();
		}
		finally {
			this.turns.release();
		}
	}

	private void takeTurn() {
		try {
			if (this.turns.getQueueLength() >= WAITING || !this.turns.tryAcquire(SECONDS, TimeUnit.SECONDS)) {
				throw new Busy();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new Busy(ex);
		}
	}

}
