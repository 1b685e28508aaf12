package accounts.auth;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

import accounts.auth.AccessTokens.AccessToken;
import accounts.auth.SessionRepository.Login;
import jakarta.annotation.PreDestroy;
import org.jspecify.annotations.Nullable;

import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Remembers that sessions were used, and writes it a few seconds later, so that no
 * request waits for a write.
 */
@Component
class SessionUses {

	/** A session's last use is known to the minute. */
	private static final Duration MINUTE = Duration.ofMinutes(1);

	private final SessionRepository sessions;

	private final Clock clock;

	private final Map<Long, Use> uses = new ConcurrentHashMap<>();

	SessionUses(SessionRepository sessions, Clock clock) {
		this.sessions = sessions;
		this.clock = clock;
	}

	/** Notes that somebody came with an access token of a session. */
	void note(long sessionId, AccessToken token, Login login) {
		Instant now = this.clock.instant();
		byte[] unused = login.unused();
		boolean isFirst = unused != null && RefreshToken.name(unused).equals(token.refreshToken());
		if (isFirst || now.isAfter(login.lastUsedOn().plus(MINUTE))) {
			this.uses.merge(sessionId, new Use(now.getEpochSecond(), isFirst ? unused : null), Use::and);
		}
	}

	/** What is noted of a session and not yet written. */
	@Nullable Use of(long sessionId) {
		return this.uses.get(sessionId);
	}

	/** Writes down the uses of the last seconds. */
	@Scheduled(fixedDelay = 10_000, initialDelay = 10_000)
	@PreDestroy
	void write() {
		// In order, so that no two instances wait for each other's rows
		Map<Long, Use> batch = new TreeMap<>(this.uses);
		if (!batch.isEmpty()) {
			this.sessions.used(batch);
			// Only now: until it is written, this is the only place that knows
			batch.forEach(this.uses::remove);
		}
	}

	/**
	 * How a session was used.
	 *
	 * @param second when it was last, since 1970
	 * @param refreshHash of its refresh token, if an access token that came with that one
	 * was used for the first time
	 */
	@SuppressWarnings("ArrayRecordComponent") // equal to itself alone
	record Use(long second, byte @Nullable [] refreshHash) {

		Use and(Use later) {
			return (later.refreshHash != null) ? later : new Use(later.second, this.refreshHash);
		}

	}

}
