package accounts.database;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

import accounts.TestClock;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A long table is counted a little at a time. */
class TallyTests {

	private final TestClock clock = new TestClock();

	private final List<Long> rows = new ArrayList<>(LongStream.rangeClosed(1, 25).boxed().toList());

	private final List<Integer> looks = new ArrayList<>();

	private final Tally even = new Tally(this.clock, 10, this::even);

	@Test
	void noLookCostsMoreThanItsStretchAndTheCountIsThatOfAWholeWalk() {
		assertThat(this.even.look()).isNaN();
		assertThat(this.even.look()).isNaN();
		assertThat(this.even.look()).isEqualTo(12);
		assertThat(this.looks).containsExactly(10, 10, 5);

		this.rows.removeIf((id) -> id > 4);
		assertThat(this.even.look()).isEqualTo(12);
		this.clock.move(Duration.ofSeconds(61));
		assertThat(this.even.look()).isEqualTo(2);
		assertThat(this.looks).containsExactly(10, 10, 5, 4);
	}

	@Test
	void theLastCountHoldsUntilTheNextIsWhole() {
		this.rows.removeIf((id) -> id > 20);
		for (int i = 0; i < 3; i++) {
			this.even.look();
		}
		assertThat(this.even.look()).isEqualTo(10);
		assertThat(this.looks).containsExactly(10, 10, 0);
		this.rows.removeIf((id) -> id < 3);
		this.clock.move(Duration.ofSeconds(61));
		assertThat(this.even.look()).isEqualTo(10);
		assertThat(this.even.look()).isEqualTo(9);
	}

	@Test
	void aLookThatFailsIsMadeAgain() {
		Tally failing = new Tally(this.clock, 10, (after, most) -> {
			if (this.looks.isEmpty()) {
				this.looks.add(0);
				throw new IllegalStateException("No database");
			}
			return even(after, most);
		});
		assertThatThrownBy(failing::look).hasMessage("No database");
		this.rows.removeIf((id) -> id > 4);
		assertThat(failing.look()).isEqualTo(2);
	}

	private Tally.Stretch even(long after, int most) {
		List<Long> found = this.rows.stream().filter((id) -> id > after).limit(most).toList();
		this.looks.add(found.size());
		long last = found.isEmpty() ? 0 : found.get(found.size() - 1);
		return new Tally.Stretch(found.size(), found.stream().filter((id) -> id % 2 == 0).count(), last);
	}

}
