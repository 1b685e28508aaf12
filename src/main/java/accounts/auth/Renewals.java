package accounts.auth;

import java.time.Clock;
import java.time.Instant;
import java.util.Optional;

import accounts.auth.SessionRepository.Renewal;
import accounts.web.RequestLog;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Renews sessions by refresh tokens, each of which works once. A client whose answer was
 * lost gets another one; a thief ends the session. src/docs/tokens.md says how the two
 * are told apart.
 */
@Component
class Renewals {

	private static final Logger log = LoggerFactory.getLogger(Renewals.class);

	private static final int CLEARED_AT_ONCE = 500;

	/** A session gets this many new refresh tokens in any minute at most. */
	private static final int A_MINUTE = 30;

	private static final long MINUTE = 60;

	private final SessionRepository sessions;

	private final SessionUses uses;

	private final TokenPairs pairs;

	private final AccessTokens tokens;

	private final KeyRing keys;

	private final SessionSettings settings;

	private final ThrottleSettings throttle;

	private final Clock clock;

	private final JsonMapper json;

	Renewals(SessionRepository sessions, SessionUses uses, TokenPairs pairs, AccessTokens tokens, KeyRing keys,
			SessionSettings settings, ThrottleSettings throttle, Clock clock, JsonMapper json) {
		this.sessions = sessions;
		this.uses = uses;
		this.pairs = pairs;
		this.tokens = tokens;
		this.keys = keys;
		this.settings = settings;
		this.throttle = throttle;
		this.clock = clock;
		this.json = json;
	}

	/**
	 * Renews a session.
	 * @throws RefreshTokenUnknown if it was never ours
	 * @throws SessionEnded if the session was ended
	 * @throws RefreshTokenExpired if the session has outlived its limits
	 * @throws RefreshTokenUsed if it was used before, which ends the session
	 * @throws TooManyAttempts if the session has had too many new tokens lately
	 */
	TokenPair refresh(String text) {
		RefreshToken token = RefreshToken.read(text, this.keys.sealing()).orElseThrow(RefreshTokenUnknown::new);
		Instant asked = this.clock.instant();
		// Before the session is read: what is written in between is read with it
		SessionUses.Use noted = this.uses.of(token.sessionId());
		Renewal session = renewal(token);
		if (session.isCurrent(token)) {
			requirePace(token.sessionId(), asked.getEpochSecond());
			// Also if the clock was set back since, no token is older than its session
			long made = Math.max(asked.getEpochSecond(), session.createdOn().getEpochSecond());
			RefreshToken next = RefreshToken.create(token.sessionId(), made, this.keys.sealing());
			TokenPair pair = this.pairs.of(session.userId(), session.createdOn(), next);
			if (this.sessions.rotate(token, next, hide(token, pair))) {
				log.info("Refreshed, session {}", token.sessionId());
				return pair;
			}
			// Another request was faster with the same token, or has ended the session
			session = renewal(token);
		}
		Renewal used = session;
		return sameAnswer(token, used, asked).or(() -> lostAnswer(token, used, noted)).orElseThrow(() -> {
			if (this.sessions.end(token.sessionId())) {
				log.warn("A used refresh token came again: ended session {}", token.sessionId());
			}
			return new RefreshTokenUsed();
		});
	}

	private Renewal renewal(RefreshToken token) {
		Renewal session = this.sessions.renewal(token.sessionId()).orElseThrow(() -> gone(token));
		// A token older than its session is of one that a restored backup has forgotten
		if (session.ended() || token.madeOn() < session.createdOn().getEpochSecond()) {
			throw new SessionEnded();
		}
		RequestLog.user(session.userId());
		if (!session.holds()) {
			throw new RefreshTokenExpired();
		}
		return session;
	}

	private RuntimeException gone(RefreshToken token) {
		Instant idle = Instant.ofEpochSecond(token.madeOn()).plus(this.settings.idle());
		return idle.isAfter(this.clock.instant()) ? new SessionEnded() : new RefreshTokenExpired();
	}

	/** The same answer again does not count: only what is new is kept as a row. */
	private void requirePace(long sessionId, long now) {
		if (this.throttle.enabled()) {
			this.sessions.renewedBefore(sessionId, A_MINUTE, now - MINUTE).ifPresent((second) -> {
				throw new TooManyAttempts(Math.min(second + MINUTE - now, MINUTE));
			});
		}
	}

	/**
	 * Within the grace the answer is the same, whichever instance gave it and whatever
	 * was done with it.
	 */
	private Optional<TokenPair> sameAnswer(RefreshToken token, Renewal session, Instant asked) {
		return this.sessions.answer(token, asked)
			.flatMap(token::show)
			.map((answer) -> this.json.readValue(answer, TokenPair.class))
			.map((pair) -> this.tokens.read(pair.token()).isPresent() ? pair
					: RefreshToken.read(pair.refreshToken(), this.keys.sealing())
						.map((next) -> this.pairs.of(session.userId(), session.createdOn(), next))
						.orElse(pair));
	}

	/**
	 * Later the successor is the same, with a new access token, as long as nobody has
	 * used the successor or an access token that came with it: then the answer was lost.
	 */
	private Optional<TokenPair> lostAnswer(RefreshToken token, Renewal session, SessionUses.@Nullable Use noted) {
		return Optional.ofNullable(session.successor())
			.flatMap(token::showSuccessor)
			.filter(session::isCurrent)
			.filter((next) -> noted == null || !next.hasHash(noted.refreshHash()))
			.flatMap((next) -> {
				TokenPair pair = this.pairs.of(session.userId(), session.createdOn(), next);
				if (!this.sessions.answerAgain(token, next, hide(token, pair))) {
					return Optional.empty();
				}
				log.info("Answered a refresh again, session {}", token.sessionId());
				return Optional.of(pair);
			});
	}

	private byte[] hide(RefreshToken token, TokenPair pair) {
		return token.hide(this.json.writeValueAsBytes(pair));
	}

	/** Clears away the answers that nobody gets again, a little at a time. */
	@Scheduled(fixedDelay = 60_000, initialDelay = 60_000)
	void clearAnswers() {
		int cleared;
		do {
			cleared = this.sessions.clearAnswers(CLEARED_AT_ONCE);
		}
		while (cleared == CLEARED_AT_ONCE);
	}

}
