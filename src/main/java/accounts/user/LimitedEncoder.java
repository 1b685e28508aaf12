package accounts.user;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import accounts.web.Busy;
import accounts.web.ClientConnection;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.security.crypto.password.PasswordEncoder;

/**
 * Lets only so many passwords be hashed at a time that neither the memory nor the
 * processor runs out; those that would wait too long are told to come again, and for
 * those whose client has gone nothing is hashed.
 */
final class LimitedEncoder implements PasswordEncoder, MeterBinder, AutoCloseable {

	private static final Logger log = LoggerFactory.getLogger(LimitedEncoder.class);

	/**
	 * Who waits keeps one of the server's threads from others, of which it has a few
	 * hundred.
	 */
	private static final int WAITING = 64;

	/** Hashes that take more of the heap are made one at a time. */
	private static final long LARGE = 32L << 20;

	/** Part of the heap that a large hash must leave to all else. */
	private static final long RESERVE = 16L << 20;

	/** What the service itself needs of the heap, and some more. */
	private static final long SERVICE = 64L << 20;

	/** Of those that wait for a large one, each keeps a thread as well. */
	private static final int WAITING_FOR_LARGE = 16;

	private static final Duration[] BUCKETS = { Duration.ofMillis(10), Duration.ofMillis(25), Duration.ofMillis(50),
			Duration.ofMillis(100), Duration.ofMillis(250), Duration.ofMillis(500), Duration.ofSeconds(1),
			Duration.ofMillis(2_500), Duration.ofSeconds(5) };

	private final PasswordEncoder encoder;

	private final Duration patience;

	/**
	 * Threads of its own: on a virtual one, a hash would keep its carrier from all other
	 * requests.
	 */
	private final ThreadPoolExecutor turns;

	private final Semaphore large = new Semaphore(1, true);

	/** How many bytes the heap has left. */
	private final LongSupplier room;

	private final LongAdder refused = new LongAdder();

	private volatile @Nullable Timer timer;

	/**
	 * Makes one.
	 * @param atStart what each thread does first
	 */
	LimitedEncoder(PasswordEncoder encoder, int atOnce, Duration patience, Runnable atStart) {
		this(encoder, atOnce, patience, atStart, LimitedEncoder::room);
	}

	LimitedEncoder(PasswordEncoder encoder, int atOnce, Duration patience, Runnable atStart, LongSupplier room) {
		this.encoder = encoder;
		this.room = room;
		this.patience = patience;
		this.turns = new ThreadPoolExecutor(atOnce, atOnce, 1, TimeUnit.MINUTES, new ArrayBlockingQueue<>(WAITING),
				(task) -> {
					Thread thread = new Thread(() -> {
						atStart.run();
						task.run();
					}, "hashing");
					thread.setDaemon(true);
					return thread;
				});
		this.turns.allowCoreThreadTimeOut(true);
	}

	@Override
	public @Nullable String encode(@Nullable CharSequence password) {
		return inTurn(() -> this.encoder.encode(password));
	}

	@Override
	public boolean matches(@Nullable CharSequence password, @Nullable String encoded) {
		long memory = WerkzeugHash.read(encoded).map(WerkzeugHash::memory).orElse(0L);
		return (memory > LARGE) ? matchesAlone(password, encoded, memory)
				: Boolean.TRUE.equals(inTurn(() -> this.encoder.matches(password, encoded)));
	}

	/** Waits before it takes a turn, so that none is kept from a smaller hash. */
	private boolean matchesAlone(@Nullable CharSequence password, @Nullable String encoded, long memory) {
		boolean alone = false;
		try {
			alone = this.large.getQueueLength() < WAITING_FOR_LARGE
					&& this.large.tryAcquire(this.patience.toNanos(), TimeUnit.NANOSECONDS);
			if (!alone) {
				this.refused.increment();
				throw new Busy();
			}
			return Boolean.TRUE.equals(inTurn(() -> {
				requireRoom(memory);
				return this.encoder.matches(password, encoded);
			}));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new Busy(ex);
		}
		finally {
			if (alone) {
				this.large.release();
			}
		}
	}

	private void requireRoom(long memory) {
		if (this.room.getAsLong() < memory + RESERVE) {
			// The one before may still lie there
			System.gc();
			if (this.room.getAsLong() < memory + RESERVE) {
				throw tooLittle(null);
			}
		}
	}

	private static long room() {
		Runtime heap = Runtime.getRuntime();
		return heap.maxMemory() - heap.totalMemory() + heap.freeMemory();
	}

	/** Whether the heap can ever have room for a hash. */
	static boolean hasRoom(long memory) {
		return memory <= LARGE || memory + SERVICE <= Runtime.getRuntime().maxMemory();
	}

	private static Busy tooLittle(@Nullable Throwable cause) {
		log.warn("Too little heap to hash a password: give the service more by -Xmx");
		return new Busy(cause);
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
		Gauge.builder("accounts.password.hash.waiting", this.turns, (turns) -> turns.getQueue().size())
			.description("Requests that wait for their turn to hash a password")
			.register(registry);
		FunctionCounter.builder("accounts.password.hash.refused", this.refused, LongAdder::sum)
			.description("Requests that were told to come again, as too many waited")
			.register(registry);
	}

	@Override
	public void close() {
		this.turns.shutdown();
	}

	private <T> @Nullable T inTurn(Supplier<? extends @Nullable T> hash) {
		ClientConnection client = ClientConnection.current();
		FutureTask<@Nullable T> turn = new FutureTask<>(() -> {
			if (client.isClosed()) {
				throw new Busy();
			}
			return timed(hash);
		});
		try {
			this.turns.execute(turn);
			return await(turn);
		}
		catch (RejectedExecutionException ex) {
			this.refused.increment();
			throw new Busy();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new Busy(ex);
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof Error error) {
				throw error;
			}
			throw (ex.getCause() instanceof RuntimeException cause) ? cause : new IllegalStateException(ex);
		}
	}

	private <T> @Nullable T timed(Supplier<? extends @Nullable T> hash) {
		long start = System.nanoTime();
		try {
			return hash.get();
		}
		catch (OutOfMemoryError ex) {
			// It was the hash that asked for much
			throw tooLittle(ex);
		}
		finally {
			Timer measured = this.timer;
			if (measured != null) {
				measured.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
			}
		}
	}

	private <T> @Nullable T await(FutureTask<@Nullable T> turn) throws InterruptedException, ExecutionException {
		try {
			return turn.get(this.patience.toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (TimeoutException ex) {
			if (this.turns.remove(turn)) {
				// A client that is refused after its wait comes again less often than one
				// refused at once, which a flood would only make faster
				this.refused.increment();
				throw new Busy();
			}
			return turn.get();
		}
	}

}
