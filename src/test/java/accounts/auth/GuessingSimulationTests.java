package accounts.auth;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.LongFunction;
import java.util.function.LongUnaryOperator;

import accounts.Account;
import accounts.Service;
import accounts.TestClock;
import accounts.database.Database;
import accounts.user.IncorrectPassword;
import accounts.user.User;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A week of attacks of every kind, on the limits as they are shipped, the real database
 * and a clock that runs ahead: how many passwords are tested, and how often an owner is
 * refused.
 */
@Tag("sqlite")
class GuessingSimulationTests {

	private static final long DAY = Duration.ofDays(1).toSeconds();

	private static final int DAYS = 7;

	/** What strangers may try at once, and on each day after that. */
	private static final long AT_ONCE = 40;

	private static final long A_DAY = 2;

	private final Random random = new Random(1);

	private final PriorityQueue<Event> events = new PriorityQueue<>(Comparator.comparingLong(Event::second));

	private final Service service = Service.start("accounts.throttle.logins=100");

	private final Throttle throttle = this.service.bean(Throttle.class);

	private final TestClock clock = this.service.clock();

	private final Instant began = this.clock.instant().plusSeconds(60);

	private final Map<String, Owner> owners = new HashMap<>();

	private long attempts;

	@Test
	@Timeout(120)
	void aWeekOfModerateAttacks() {
		live(50, 60, 1_800);
	}

	@Test
	@Tag("soak")
	@Timeout(1800)
	void aWeekOfHeavyAttacks() {
		live(500, 1_000, 600);
	}

	/**
	 * The week.
	 * @param accounts how many are tried by those who stuff
	 * @param addresses how many these have
	 * @param pause seconds between two attempts of one of them
	 */
	private void live(int accounts, int addresses, int pause) {
		try (this.service) {
			Owner fromOneAddress = new Owner("192.0.2.1");
			Attack oneAddress = new Attack((i) -> "198.51.100.1", (i) -> fromOneAddress.email, (i) -> 5);
			Owner fromThousandAddresses = new Owner("192.0.2.2");
			Attack thousandAddresses = new Attack((i) -> "10.0." + i % 1_000 / 250 + "." + i % 250,
					(i) -> fromThousandAddresses.email, (i) -> 10);
			Owner slowly = new Owner("192.0.2.3");
			Attack slow = new Attack((i) -> "198.51.100.2", (i) -> slowly.email, (i) -> (i % 4 < 3) ? 1 : DAY);
			Owner stuffedAtRandom = new Owner("192.0.2.4");
			Attack stuffing = new Attack((i) -> "10.1." + i % addresses / 250 + "." + i % 250,
					(i) -> ((i / addresses + i) % accounts == 0) ? stuffedAtRandom.email
							: "stuffed" + (i / addresses + i) % accounts + "@example.com",
					(i) -> (i % addresses == 0) ? pause : 0);
			Owner stuffedFromOneAddress = new Owner("192.0.2.5");
			Attack oneStuffer = new Attack((i) -> "198.51.100.3",
					(i) -> (i % 1_000 == 0) ? stuffedFromOneAddress.email : "new" + i + "@example.com", (i) -> 15);
			Owner atHome = new Owner("192.0.2.6");
			Attack inside = new Attack((i) -> "192.0.2.6", (i) -> atHome.email, (i) -> 20);

			run();

			for (Owner owner : List.of(fromOneAddress, fromThousandAddresses, slowly, stuffedAtRandom,
					stuffedFromOneAddress)) {
				assertThat(owner.logins).isEqualTo(DAYS);
				assertThat(owner.refusedAtHome).isZero();
				assertThat(owner.refusedWithSession).isZero();
			}
			assertThat(atHome.refusedWithSession).isZero();
			assertThat(slowly.refusedAbroad).isZero();

			for (Attack attack : List.of(oneAddress, thousandAddresses, stuffing)) {
				assertThat(attack.mostADay(0)).as("the first day").isBetween(AT_ONCE - 1, AT_ONCE + A_DAY);
				for (int day = 1; day < DAYS; day++) {
					assertThat(attack.mostADay(day)).as("day " + day).isLessThanOrEqualTo(A_DAY + 1);
				}
				assertThat(attack.mostOfAll()).isLessThanOrEqualTo(AT_ONCE + DAYS * A_DAY);
			}
			assertThat(slow.mostOfAll()).isEqualTo(4 * DAYS);
			assertThat(oneStuffer.tested).isBetween(24L * 100 * DAYS, 24L * 100 * DAYS + 100);
			for (int day = 0; day < DAYS; day++) {
				assertThat(inside.mostADay(day)).isBetween(90L, 116L);
			}
			System.out.println(report(oneAddress, thousandAddresses, slow, stuffing, oneStuffer, inside));
			this.throttle.clear();
			assertThat(this.service.bean(Database.class)
				.reads()
				.sql("select count(*) from attempt")
				.query(Long.class)
				.single()).as("rows").isLessThan(2 * 2_500L + 2L * accounts * (AT_ONCE + A_DAY));
		}
	}

	private String report(Attack... attacks) {
		StringBuilder report = new StringBuilder(this.attempts + " attempts");
		for (Attack attack : attacks) {
			report.append("; tested ").append(attack.tested).append(", of one account ").append(attack.mostOfAll());
		}
		return report.toString();
	}

	private void run() {
		while (this.events.peek().second < DAYS * DAY) {
			Event event = this.events.remove();
			Duration ahead = Duration.between(this.clock.instant(), this.began.plusSeconds(event.second));
			if (!ahead.isNegative()) {
				this.clock.move(ahead);
			}
			event.action.run();
		}
	}

	/** Whether a password was looked at, where it was the right one or not. */
	private boolean isTested(String email, User user, String address, Long session, boolean right) {
		this.attempts++;
		try (Throttle.Attempt attempt = this.throttle.attempt(email, user, address, session)) {
			if (right) {
				attempt.succeeded(() -> Optional.of("in"));
			}
			else {
				attempt.failed(new IncorrectPassword());
			}
			return true;
		}
		catch (TooManyAttempts ex) {
			return false;
		}
	}

	/** What happens when. */
	private record Event(long second, Runnable action) {

	}

	/**
	 * Logs in at home each day, with a slip now and then, and once from abroad, with a
	 * session and without one.
	 */
	private final class Owner {

		final String email;

		private final User user;

		private final String home;

		int logins;

		int refusedAtHome;

		int refusedAbroad;

		int refusedWithSession;

		Owner(String home) {
			Account account = GuessingSimulationTests.this.service.account();
			this.email = account.email();
			this.user = new User(account.id(), "A", "B", this.email, Instant.EPOCH);
			this.home = home;
			GuessingSimulationTests.this.owners.put(this.email, this);
			assertThat(isTested(this.email, this.user, home, null, true)).isTrue();
			for (int day = 0; day < DAYS; day++) {
				long morning = day * DAY + 8 * 3600 + GuessingSimulationTests.this.random.nextInt(3600);
				int slips = GuessingSimulationTests.this.random.nextInt(4);
				for (int slip = 0; slip < slips; slip++) {
					at(morning + slip, () -> this.refusedAtHome += isIn(this.home, null, false) ? 0 : 1);
				}
				at(morning + slips, () -> {
					this.refusedAtHome += isIn(this.home, null, true) ? 0 : 1;
					this.logins++;
				});
			}
			at(4 * DAY + 12 * 3600, () -> this.refusedAbroad += isIn("203.0.113.1", null, true) ? 0 : 1);
			at(4 * DAY + 13 * 3600, () -> this.refusedWithSession += isIn("203.0.113.2", 1L, true) ? 0 : 1);
		}

		private void at(long second, Runnable action) {
			GuessingSimulationTests.this.events.add(new Event(second, action));
		}

		private boolean isIn(String address, Long session, boolean right) {
			return isTested(this.email, this.user, address, session, right);
		}

	}

	/** Guesses one wrong password after the other. */
	private final class Attack {

		private final List<Map<String, Integer>> days = new ArrayList<>();

		long tested;

		/**
		 * @param address where the attempt of that number comes from
		 * @param email whose password it guesses
		 * @param pause seconds until the next one
		 */
		Attack(LongFunction<String> address, LongFunction<String> email, LongUnaryOperator pause) {
			for (int day = 0; day < DAYS; day++) {
				this.days.add(new HashMap<>());
			}
			guess(0, 60, address, email, pause);
		}

		private void guess(long number, long second, LongFunction<String> address, LongFunction<String> email,
				LongUnaryOperator pause) {
			GuessingSimulationTests.this.events.add(new Event(second, () -> {
				String whose = email.apply(number);
				Owner owner = GuessingSimulationTests.this.owners.get(whose);
				if (isTested(whose, (owner != null) ? owner.user : null, address.apply(number), null, false)) {
					this.days.get((int) (second / DAY)).merge(whose, 1, Integer::sum);
					this.tested++;
				}
				guess(number + 1, second + pause.applyAsLong(number), address, email, pause);
			}));
		}

		/** The guesses at the account that was guessed at most on that day. */
		long mostADay(int day) {
			return this.days.get(day).values().stream().mapToInt(Integer::intValue).max().orElse(0);
		}

		/** The same over the whole time. */
		long mostOfAll() {
			Map<String, Integer> all = new HashMap<>();
			this.days.forEach((day) -> day.forEach((email, number) -> all.merge(email, number, Integer::sum)));
			return all.values().stream().mapToInt(Integer::intValue).max().orElse(0);
		}

	}

}
