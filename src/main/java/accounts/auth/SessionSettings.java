package accounts.auth;

import java.time.Duration;
import java.time.temporal.ChronoUnit;

import accounts.start.StartRefused;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationUnit;

/**
 * How long a login lasts (ASVS 7.1.1, 7.1.2).
 *
 * @param idle a session ends when it was not used for this long
 * @param absolute a session ends this long after its login, however much it is used
 * @param refreshGrace how long a refresh token that was used gives the same answer again
 * @param perUser how many sessions a user has at most; the one idle longest makes room
 * @param statusTtl how long others may keep a list of ended sessions
 * @param endOnChange whether a change of password ends the asking session as well, and a
 * change of email the other ones
 */
@ConfigurationProperties("accounts.session")
record SessionSettings(@DefaultValue("30d") @DurationUnit(ChronoUnit.SECONDS) Duration idle,
		@DefaultValue("90d") @DurationUnit(ChronoUnit.SECONDS) Duration absolute,
		@DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS) Duration refreshGrace, @DefaultValue("100") int perUser,
		@DefaultValue("30s") @DurationUnit(ChronoUnit.SECONDS) Duration statusTtl, boolean endOnChange) {

	SessionSettings {
		if (idle.compareTo(Duration.ofMinutes(2)) < 0 || absolute.compareTo(idle) < 0 || absolute.toDays() > 3650) {
			throw new StartRefused(
					"ACCOUNTS_SESSION_IDLE must be 2m or more, as uses are known to the minute, and ACCOUNTS_SESSION_ABSOLUTE no less than that and 3650d at most.");
		}
		if (refreshGrace.isNegative() || refreshGrace.toSeconds() > 300) {
			throw new StartRefused("ACCOUNTS_SESSION_REFRESH_GRACE must be from 0s to 5m.");
		}
		if (perUser < 1 || perUser > 10_000) {
			throw new StartRefused("ACCOUNTS_SESSION_PER_USER must be from 1 to 10000.");
		}
		if (statusTtl.toSeconds() < 1 || statusTtl.toHours() > 24) {
			throw new StartRefused("ACCOUNTS_SESSION_STATUS_TTL must be from 1s to 24h.");
		}
	}

}
