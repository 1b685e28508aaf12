package accounts;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock that shows the real time until a test moves it. */
public final class TestClock extends Clock {

	private volatile Duration moved = Duration.ZERO;

	public void move(Duration by) {
		this.moved = this.moved.plus(by);
	}

	public void reset() {
		this.moved = Duration.ZERO;
	}

	@Override
	public Instant instant() {
		return Instant.now().plus(this.moved);
	}

	@Override
	public ZoneId getZone() {
		return ZoneOffset.UTC;
	}

	@Override
	public Clock withZone(ZoneId zone) {
		throw new UnsupportedOperationException();
	}

}
