package accounts.auth;

import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

import accounts.auth.AccessTokens.AccessToken;
import accounts.auth.SessionRepository.Login;
import accounts.auth.SessionRepository.Renewal;
import accounts.user.Credentials;
import accounts.user.PasswordChanged;
import accounts.user.User;
import accounts.user.UserDeleted;
import accounts.user.UserRepository;
import accounts.web.RequestLog;
import jakarta.annotation.PreDestroy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.context.event.EventListener;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Logins, from the first token to the last: opened, renewed, used, ended and cleared
 * away.
 */
@Component
class Sessions {

	private static final Logger log = LoggerFactory.getLogger(Sessions.class);

	/** A session's last use is known to the minute, so that reading costs no write. */
	private static final Duration USE = Duration.ofMinutes(1);

	/** For this long who comes with a token of an ended session is told so. */
	private static final Duration KEPT = Duration.ofDays(7);

	private static final int CLEARED_AT_ONCE = 500;

	private final SessionRepository sessions;

	private final UserRepository users;

	private final AccessTokens tokens;

	private final StatusLists statusLists;

	private final KeyRing keys;

	private final TokenSettings tokenSettings;

	private final SessionSettings settings;

	private final Clock clock;

	private final JsonMapper json;

	private final Map<Long, Long> uses = new ConcurrentHashMap<>();

	Sessions(SessionRepository sessions, UserRepository users, AccessTokens tokens, StatusLists statusLists,
			KeyRing keys, TokenSettings tokenSettings, SessionSettings settings, Clock clock, JsonMapper json) {
		this.sessions = sessions;
		this.users = users;
		this.tokens = tokens;
		this.statusLists = statusLists;
		this.keys = keys;
		this.tokenSettings = tokenSettings;
		this.settings = settings;
		this.clock = clock;
		this.json = json;
	}

	/**
	 * Opens a session for a user who has just proved to be that user.
	 * @return nothing if these credentials are no longer the user's
	 */
	Optional<TokenPair> open(Credentials credentials, @Nullable String userAgent, String ip) {
		Instant now = this.clock.instant();
		return this.sessions
			.open(credentials, userAgent, ip,
					(id) -> RefreshToken.create(id, this.clock.instant().getEpochSecond(), this.keys.sealing()))
			.map((refreshToken) -> pair(credentials.user().id(), now, refreshToken));
	}

	/**
	 * Renews a session. Who comes with the same token again within the grace gets the
	 * same answer again, whichever instance gave the first.
	 * @throws RefreshTokenUnknown if it was never ours
	 * @throws SessionEnded if the session was ended
	 * @throws RefreshTokenExpired if the session has outlived its limits
	 * @throws RefreshTokenUsed if it was used before, which ends the session
	 */
	TokenPair refresh(String text) {
		RefreshToken token = RefreshToken.read(text, this.keys.sealing()).orElseThrow(RefreshTokenUnknown::new);
		Instant asked = this.clock.instant();
		Renewal session = renewal(token);
		if (isCurrent(token, session)) {
			// Also if the clock was set back since, no token is older than its session
			long made = Math.max(asked.getEpochSecond(), session.createdOn().getEpochSecond());
			RefreshToken next = RefreshToken.create(token.sessionId(), made, this.keys.sealing());
			TokenPair pair = pair(session.userId(), session.createdOn(), next);
			if (this.sessions.rotate(token, next, token.hide(this.json.writeValueAsBytes(pair)))) {
				return pair;
			}
			// Somebody else was faster with the same token, or has ended the session
			renewal(token);
		}
		Optional<byte[]> answer = this.sessions.answer(token, asked);
		if (answer.isPresent()) {
			return this.json.readValue(token.show(answer.get()), TokenPair.class);
		}
		if (this.sessions.end(token.sessionId())) {
			log.warn("A used refresh token came again: ended session {}", token.sessionId());
		}
		throw new RefreshTokenUsed();
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

	/** Who a token was given to, if that user and the session are still there. */
	Optional<User> userOf(AccessToken token) {
		Long sessionId = token.sessionId();
		if (sessionId == null) {
			return this.users.byId(token.userId());
		}
		Optional<Login> login = this.sessions.login(token.userId(), sessionId);
		login.ifPresent((found) -> noteUse(sessionId, found.lastUsedOn()));
		return login.map(Login::user);
	}

	/**
	 * Ends all other sessions of the user.
	 * @throws AuthenticationFailed if the session that changes the password was ended
	 * while it did
	 */
	@EventListener
	void passwordChanged(PasswordChanged change) {
		Long session = change.session();
		if (session != null && !this.sessions.hold(change.userId(), session)) {
			throw new AuthenticationFailed();
		}
		this.sessions.endOthers(change.userId(), change.session());
	}

	/** Leaves nothing of a deleted user in what is kept of the sessions. */
	@EventListener
	void userDeleted(UserDeleted deletion) {
		this.sessions.endOthers(deletion.userId(), null);
	}

	/** Writes down the uses of the last seconds. */
	@Scheduled(fixedDelay = 10_000, initialDelay = 10_000)
	@PreDestroy
	void writeUses() {
		// In order, so that no two instances wait for each other's rows
		Map<Long, Long> batch = new TreeMap<>();
		this.uses.keySet().forEach((id) -> {
			Long second = this.uses.remove(id);
			if (second != null) {
				batch.put(id, second);
			}
		});
		if (batch.isEmpty()) {
			return;
		}
		try {
			this.sessions.used(batch);
		}
		catch (RuntimeException ex) {
			batch.forEach(this.uses::putIfAbsent);
			throw ex;
		}
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

	/** Clears away what has ended, a little at a time, so that nobody waits for it. */
	@Scheduled(fixedDelay = 3_600_000, initialDelay = 60_000)
	void clear() {
		long keep = Math.max(KEPT.toSeconds(), this.tokenSettings.lifetime().toSeconds());
		Optional<Long> looked = Optional.of(0L);
		while (looked.isPresent()) {
			looked = this.sessions.clear(looked.get(), keep, CLEARED_AT_ONCE);
		}
	}

	private void noteUse(long sessionId, Instant lastUsedOn) {
		Instant now = this.clock.instant();
		if (now.isAfter(lastUsedOn.plus(USE))) {
			this.uses.put(sessionId, now.getEpochSecond());
		}
	}

	private TokenPair pair(long userId, Instant sessionCreatedOn, RefreshToken refreshToken) {
		Instant now = this.clock.instant();
		Instant lifetime = now.plus(this.tokenSettings.lifetime());
		Instant absolute = sessionCreatedOn.plus(this.settings.absolute());
		Instant expiresOn = lifetime.isBefore(absolute) ? lifetime : absolute;
		long sessionId = refreshToken.sessionId();
		String token = this.tokens.issue(userId, sessionId, this.statusLists.reference(sessionId), now, expiresOn);
		return new TokenPair(userId, token, Duration.between(now, expiresOn).toSeconds(), refreshToken.text(),
				sessionId);
	}

	private RuntimeException gone(RefreshToken token) {
		Instant idle = Instant.ofEpochSecond(token.madeOn()).plus(this.settings.idle());
		return idle.isAfter(this.clock.instant()) ? new SessionEnded() : new RefreshTokenExpired();
	}

	private static boolean isCurrent(RefreshToken token, Renewal session) {
		return MessageDigest.isEqual(token.hash(), session.refreshHash());
	}

	/** What a login and each renewal answer with. */
	record TokenPair(long userId, String token, long expiresIn, String refreshToken, long sessionId) {

		@Override
		public String toString() {
			return "Tokens of user " + this.userId;
		}

	}

}
