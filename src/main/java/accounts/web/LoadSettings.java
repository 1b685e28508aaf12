package accounts.web;

import java.time.Duration;

import accounts.start.StartRefused;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the service takes upon itself at a time. Each thread that waits for a client, for
 * a turn at hashing or for the database is one that answers nobody else, so that the
 * bounds together must stay below the server's threads.
 *
 * @param requests how many are answered at a time; more are refused at once
 * @param bodies for how many bodies the service waits at a time
 * @param bodyTime how long a body may take, from the end of its header
 * @param readTime for how long the reader of a long answer may be as slow as it likes
 * @param rate how many bytes a second it must have taken from then on
 */
@ConfigurationProperties("accounts.load")
record LoadSettings(@DefaultValue("256") int requests, @DefaultValue("64") int bodies,
		@DefaultValue("10s") Duration bodyTime, @DefaultValue("30s") Duration readTime,
		@DefaultValue("16384") int rate) {

	LoadSettings {
		if (requests < 1 || bodies < 1 || bodyTime.isNegative() || bodyTime.isZero() || readTime.isNegative()
				|| rate < 0) {
			throw new StartRefused("ACCOUNTS_LOAD_REQUESTS, ACCOUNTS_LOAD_BODIES and ACCOUNTS_LOAD_BODY_TIME must be "
					+ "more than 0, and ACCOUNTS_LOAD_READ_TIME and ACCOUNTS_LOAD_RATE 0 or more.");
		}
	}

}
