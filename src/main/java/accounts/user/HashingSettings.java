package accounts.user;

import java.time.Duration;

import accounts.start.StartRefused;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How much of the machine hashing passwords may take.
 *
 * @param atOnce how many are hashed at a time; 0 leaves one core to everything else
 * @param patience who has waited so long for a turn is told to come again
 */
@ConfigurationProperties("accounts.password.hashing")
record HashingSettings(@DefaultValue("0") int atOnce, @DefaultValue("3s") Duration patience) {

	HashingSettings {
		if (atOnce < 0 || patience.isNegative() || patience.isZero()) {
			throw new StartRefused("ACCOUNTS_PASSWORD_HASHING_AT_ONCE must be 0 or more and "
					+ "ACCOUNTS_PASSWORD_HASHING_PATIENCE more than no time.");
		}
	}

	int threads() {
		return (this.atOnce > 0) ? this.atOnce : Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
	}

}
