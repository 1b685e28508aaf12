package accounts.auth;

import java.time.Clock;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

import accounts.database.Tally;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

import org.springframework.stereotype.Component;

/**
 * What became of logins and renewals since the start, and how many sessions there are.
 */
@Component
class AuthMeters implements MeterBinder {

	private final Map<Login, LongAdder> logins = counters(Login.class);

	private final Map<Refresh, LongAdder> refreshes = counters(Refresh.class);

	private final Tally sessions;

	AuthMeters(SessionRepository sessions, Clock clock) {
		this.sessions = new Tally(clock, sessions::count);
	}

	void count(Login outcome) {
		Objects.requireNonNull(this.logins.get(outcome)).increment();
	}

	void count(Refresh outcome) {
		Objects.requireNonNull(this.refreshes.get(outcome)).increment();
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		register(registry, "accounts.logins", "Attempts to log in, by what became of them", this.logins);
		register(registry, "accounts.refreshes", "Refresh tokens that came, by what became of them", this.refreshes);
		Gauge.builder("accounts.sessions", this.sessions, Tally::look)
			.description("Sessions that hold")
			.register(registry);
	}

	private static void register(MeterRegistry registry, String name, String description,
			Map<? extends Enum<?>, LongAdder> counters) {
		counters.forEach((outcome, counter) -> FunctionCounter.builder(name, counter, LongAdder::sum)
			.description(description)
			.tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
			.register(registry));
	}

	private static <E extends Enum<E>> Map<E, LongAdder> counters(Class<E> outcomes) {
		Map<E, LongAdder> counters = new EnumMap<>(outcomes);
		for (E outcome : outcomes.getEnumConstants()) {
			counters.put(outcome, new LongAdder());
		}
		return counters;
	}

	/** How an attempt to log in can end. */
	enum Login {

		SUCCESS, UNKNOWN_EMAIL, WRONG_PASSWORD, THROTTLED

	}

	/** How an attempt to renew a session can end. */
	enum Refresh {

		SUCCESS, UNKNOWN, EXPIRED, USED, ENDED, THROTTLED;

		/** The end that a refusal stands for. */
		static Refresh of(RuntimeException refusal) {
			if (refusal instanceof RefreshTokenExpired) {
				return EXPIRED;
			}
			if (refusal instanceof RefreshTokenUsed) {
				return USED;
			}
			return (refusal instanceof SessionEnded) ? ENDED : UNKNOWN;
		}

	}

}
