package accounts.auth;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

import accounts.Account;
import accounts.Service;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whether the time of a failed login tells if there is such an account.
 * <p>
 * Two samples of 500 answers each are compared by their ranks (Mann and Whitney), which
 * asks nothing of the distributions. They are taken in random order, so that whatever
 * else the machine does falls on both alike: if nothing tells them apart, z is normal
 * with deviation 1 and exceeds the bound in one run of 10,000. If one were longer by 5 %
 * of the hash's time, where single times spread by 6 % as on a quiet machine, z would be
 * about 13; where they spread by 14 %, still 5.5.
 */
@Tag("sqlite")
class LoginTimingTests {

	private static final int EACH = 500;

	/** Two-sided: P(|z| > 3.89) = 0.0001. */
	private static final double BOUND = 3.89;

	/** A hash that takes milliseconds, beside which the rest of the request is little. */
	private static final String UNLIMITED = "accounts.throttle.enabled=false";

	private static final String COST = "accounts.password.argon2.memory=4096";

	private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	@DisplayName("ASVS 6.3.8: an unknown email takes as long as a wrong password")
	@Test
	@Timeout(120)
	void theTimeOfAFailedLoginDoesNotSayWhy() throws Exception {
		try (Service service = Service.start(COST, UNLIMITED, "accounts.errors.hide-unknown-email=true")) {
			Times times = measure(service, EACH, 401);
			assertThat(Math.abs(times.z())).as(times.toString()).isLessThan(BOUND);
		}
	}

	@DisplayName("ASVS 6.3.8: so does a refusal that is due to too many attempts, also where the account is known")
	@Test
	@Timeout(120)
	void theTimeOfARefusalBeforeThePasswordCountsDoesNotSayWhoIsKnown() throws Exception {
		try (Service service = Service.start(COST, "accounts.throttle.logins=1", "accounts.throttle.free-tries=20",
				"accounts.throttle.longest-delay=1s", "accounts.errors.hide-unknown-email=true")) {
			Times times = measure(service, EACH / 2, 429);
			assertThat(Math.abs(times.z())).as(times.toString()).isLessThan(BOUND);
		}
	}

	@Test
	@Timeout(120)
	void withoutTheSettingItDoes() throws Exception {
		try (Service service = Service.start(COST, UNLIMITED)) {
			Times times = measure(service, EACH / 5, 401);
			assertThat(times.z()).as(times.toString()).isLessThan(-2 * BOUND);
		}
	}

	@Test
	void aDifferenceOfFivePercentWouldBeFound() {
		Random random = new Random(1);
		List<Double> first = Stream.generate(() -> 1 + 0.14 * random.nextGaussian()).limit(EACH).toList();
		List<Double> second = Stream.generate(() -> 1 + 0.14 * random.nextGaussian()).limit(EACH).toList();
		List<Double> later = second.stream().map((time) -> time + 0.05).toList();
		assertThat(Math.abs(z(first, second))).isLessThan(BOUND);
		assertThat(z(later, first)).isGreaterThan(BOUND);
	}

	@Test
	void zIsMannAndWhitneys() {
		// By hand: U is 0 of 9, 9 of 9, and 3 of 16 with two ties of three
		assertThat(z(List.of(1.0, 2.0, 3.0), List.of(4.0, 5.0, 6.0))).isCloseTo(-1.9640, offset());
		assertThat(z(List.of(4.0, 5.0, 6.0), List.of(1.0, 2.0, 3.0))).isCloseTo(1.9640, offset());
		assertThat(z(List.of(1.0, 2.0, 2.0, 3.0), List.of(2.0, 3.0, 3.0, 4.0))).isCloseTo(-1.5174, offset());
		assertThat(z(List.of(1.0, 2.0), List.of(2.0, 1.0))).isZero();
	}

	private Times measure(Service service, int each, int status) throws Exception {
		Account ann = service.account();
		if (status == 429) {
			// All that may fail from this address
			Account.login(service.client(), "nobody@example.org", "wrong").is(401);
		}
		URI address = service.address().resolve("/auth/get-token/");
		// As long as the account's, which are no secret here
		String unknown = ann.email().replace("user", "nobo");
		List<String> emails = new ArrayList<>(Collections.nCopies(each, unknown));
		emails.addAll(Collections.nCopies(each, ann.email()));
		Collections.shuffle(emails, new Random());
		// What the first ones take longer is of no interest
		for (String email : emails.subList(0, each / 5)) {
			time(address, email, status);
		}
		Times times = new Times(new ArrayList<>(), new ArrayList<>());
		for (String email : emails) {
			(email.equals(unknown) ? times.unknown : times.wrong).add(time(address, email, status));
		}
		return times;
	}

	/** Milliseconds until the answer is there. */
	private double time(URI address, String email, int expected) throws IOException, InterruptedException {
		HttpRequest request = HttpRequest.newBuilder(address)
			.header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString("{\"email\": \"" + email + "\", \"password\": \"wrong\"}"))
			.build();
		long start = System.nanoTime();
		int status = this.http.send(request, BodyHandlers.discarding()).statusCode();
		double time = (System.nanoTime() - start) / 1e6;
		assertThat(status).isEqualTo(expected);
		return time;
	}

	/**
	 * By how many deviations the first sample's ranks are above what they would be by
	 * chance; below zero if it is the faster. Ties get the mean of their ranks, and the
	 * deviation is corrected for them.
	 */
	private static double z(List<Double> first, List<Double> second) {
		double[] all = sorted(Stream.concat(first.stream(), second.stream()).toList());
		double n = all.length;
		double ranks = 0;
		for (double value : first) {
			ranks += rank(all, value);
		}
		double u = ranks - first.size() * (first.size() + 1) / 2.0;
		double ties = 0;
		for (int i = 0, j; i < all.length; i = j) {
			for (j = i; j < all.length && all[j] == all[i];) {
				j++;
			}
			ties += Math.pow(j - i, 3) - (j - i);
		}
		double variance = first.size() * (double) second.size() / 12 * (n + 1 - ties / (n * (n - 1)));
		return (u - first.size() * (double) second.size() / 2) / Math.sqrt(variance);
	}

	private static double[] sorted(List<Double> values) {
		return values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
	}

	private static double rank(double[] sorted, double value) {
		int below = 0;
		int equal = 0;
		for (double each : sorted) {
			below += (each < value) ? 1 : 0;
			equal += (each == value) ? 1 : 0;
		}
		return below + (equal + 1) / 2.0;
	}

	private static Offset<Double> offset() {
		return Offset.offset(0.0001);
	}

	/** Milliseconds. */
	private record Times(List<Double> unknown, List<Double> wrong) {

		double z() {
			return LoginTimingTests.z(this.unknown, this.wrong);
		}

		@Override
		public String toString() {
			return "z = %.2f; unknown email: %s; wrong password: %s".formatted(z(), quartiles(this.unknown),
					quartiles(this.wrong));
		}

		private static String quartiles(List<Double> times) {
			double[] sorted = sorted(times);
			return "%.2f / %.2f / %.2f ms".formatted(sorted[sorted.length / 4], sorted[sorted.length / 2],
					sorted[sorted.length * 3 / 4]);
		}

	}

}
