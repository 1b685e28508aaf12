package accounts.auth;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

import accounts.auth.AccessTokens.AccessToken;
import accounts.auth.SessionRepository.Login;
import accounts.user.Asker;
import accounts.user.Credentials;
import accounts.user.EmailChanged;
import accounts.user.PasswordChanged;
import accounts.user.User;
import accounts.user.UserDeleted;
import accounts.user.UserRepository;
import org.jspecify.annotations.Nullable;

import org.springframework.context.event.EventListener;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Logins, from the first token to the last: opened, used, ended and cleared away. Their
 * renewal is in {@link Renewals}.
 */
@Component
class Sessions {

	/** For this long who comes with a token of an ended session is told so. */
	private static final Duration KEPT = Duration.ofDays(7);

	private static final int CLEARED_AT_ONCE = 500;

	private final SessionRepository sessions;

	private final SessionUses uses;

	private final UserRepository users;

	private final TokenPairs pairs;

	private final KeyRing keys;

	private final TokenSettings tokenSettings;

	private final SessionSettings sessionSettings;

	private final Clock clock;

	Sessions(SessionRepository sessions, SessionUses uses, UserRepository users, TokenPairs pairs, KeyRing keys,
			TokenSettings tokenSettings, SessionSettings sessionSettings, Clock clock) {
		this.sessions = sessions;
		this.uses = uses;
		this.users = users;
		this.pairs = pairs;
		this.keys = keys;
		this.tokenSettings = tokenSettings;
		this.sessionSettings = sessionSettings;
		this.clock = clock;
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
			.map((refreshToken) -> this.pairs.of(credentials.user().id(), now, refreshToken));
	}

	/** Who a token was given to, if that user and the session are still there. */
	Optional<User> userOf(AccessToken token) {
		Long sessionId = token.sessionId();
		if (sessionId == null) {
			return this.users.byId(token.userId());
		}
		Optional<Login> login = this.sessions.login(token.userId(), sessionId);
		login.ifPresent((found) -> this.uses.note(sessionId, token, found));
		return login.map(Login::user);
	}

	/**
	 * Ends all other sessions of the user, and the asking one too where that is set.
	 * @throws AuthenticationFailed if the session that changes the password was ended
	 * while it did
	 */
	@EventListener
	void passwordChanged(PasswordChanged change) {
		hold(change.userId(), change.asker());
		this.sessions.endOthers(change.userId(), this.sessionSettings.endOnChange() ? null : change.asker().session());
	}

	/**
	 * Ends all other sessions of the user where that is set.
	 * @throws AuthenticationFailed if the session that changes the email was ended while
	 * it did
	 */
	@EventListener
	void emailChanged(EmailChanged change) {
		hold(change.userId(), change.asker());
		if (this.sessionSettings.endOnChange()) {
			this.sessions.endOthers(change.userId(), change.asker().session());
		}
	}

	private void hold(long userId, Asker asker) {
		Long session = asker.session();
		if (session != null && !this.sessions.hold(userId, session)) {
			throw new AuthenticationFailed();
		}
	}

	/** Leaves nothing of a deleted user in what is kept of the sessions. */
	@EventListener
	void userDeleted(UserDeleted deletion) {
		this.sessions.endOthers(deletion.userId(), null);
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

}
