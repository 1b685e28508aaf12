package accounts.auth;

import java.time.Duration;
import java.time.temporal.ChronoUnit;

import accounts.auth.Limit.Delays;
import accounts.auth.Limit.Rate;
import accounts.start.StartRefused;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationUnit;

/**
 * How much may be tried (ASVS 6.1.1, 6.3.1).
 *
 * @param enabled whether anything is limited at all
 * @param freeTries wrong passwords in a row, for one account from one place, before the
 * first delay; a place that the account is known at has twice as many
 * @param longestDelay where the delays of 1 s, 2 s, 4 s … end
 * @param strangers wrong passwords that an account takes in 30 days from all other
 * places, two fifths of them at once
 * @param logins failed logins an hour from one address to accounts that are not known
 * there: an office of a thousand people has fewer
 * @param signUps sign-ups an hour from one address: an office must be able to begin
 * @param refreshes failed refreshes an hour from one address
 */
@ConfigurationProperties("accounts.throttle")
record ThrottleSettings(@DefaultValue("true") boolean enabled, @DefaultValue("5") int freeTries,
		@DefaultValue("15m") @DurationUnit(ChronoUnit.SECONDS) Duration longestDelay,
		@DefaultValue("100") int strangers, @DefaultValue("100") int logins, @DefaultValue("100") int signUps,
		@DefaultValue("100") int refreshes) {

	private static final int MOST_AN_HOUR = 1_000_000;

	ThrottleSettings {
		if (freeTries < 1 || freeTries > 20) {
			throw new StartRefused("ACCOUNTS_THROTTLE_FREE_TRIES must be from 1 to 20.");
		}
		if (longestDelay.toSeconds() < 1 || longestDelay.toHours() > 24) {
			throw new StartRefused("ACCOUNTS_THROTTLE_LONGEST_DELAY must be from 1s to 24h.");
		}
		if (strangers < 10 || strangers > 100) {
			throw new StartRefused("ACCOUNTS_THROTTLE_STRANGERS must be from 10 to 100 (NIST SP 800-63B-4, 3.2.2).");
		}
		requireRate("LOGINS", logins);
		requireRate("SIGN_UPS", signUps);
		requireRate("REFRESHES", refreshes);
	}

	private static void requireRate(String name, int rate) {
		if (rate < 1 || rate > MOST_AN_HOUR) {
			throw new StartRefused("ACCOUNTS_THROTTLE_" + name + " must be from 1 to " + MOST_AN_HOUR + " an hour.");
		}
	}

	Limit ofUnknownPlace() {
		return new Delays(this.freeTries, this.longestDelay);
	}

	Limit ofKnownPlace() {
		return new Delays(2 * this.freeTries, this.longestDelay);
	}

	Limit ofStrangers() {
		int atOnce = this.strangers * 2 / 5;
		return new Rate(atOnce, Duration.ofDays(30).dividedBy(this.strangers - atOnce));
	}

}
