package accounts.user;

import java.time.Clock;
import java.util.concurrent.atomic.LongAdder;

import accounts.database.Tally;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

import org.springframework.stereotype.Component;

/** How many accounts there are, and how many were made since the start. */
@Component
class UserMeters implements MeterBinder {

	private final LongAdder signups = new LongAdder();

	private final Tally users;

	UserMeters(UserRepository users, Clock clock) {
		this.users = new Tally(clock, users::count);
	}

	void signedUp() {
		this.signups.increment();
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		FunctionCounter.builder("accounts.signups", this.signups, LongAdder::sum)
			.description("Accounts made")
			.register(registry);
		Gauge.builder("accounts.users", this.users, Tally::look)
			.description("Accounts that there are")
			.register(registry);
	}

}
