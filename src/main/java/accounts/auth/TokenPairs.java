package accounts.auth;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

import org.springframework.stereotype.Component;

/** Makes the access token that goes with a refresh token. */
@Component
class TokenPairs {

	private final AccessTokens tokens;

	private final StatusLists statusLists;

	private final TokenSettings tokenSettings;

	private final SessionSettings sessionSettings;

	private final Clock clock;

	TokenPairs(AccessTokens tokens, StatusLists statusLists, TokenSettings tokenSettings,
			SessionSettings sessionSettings, Clock clock) {
		this.tokens = tokens;
		this.statusLists = statusLists;
		this.tokenSettings = tokenSettings;
		this.sessionSettings = sessionSettings;
		this.clock = clock;
	}

	TokenPair of(long userId, Instant sessionCreatedOn, RefreshToken refreshToken) {
		Instant now = this.clock.instant();
		Instant lifetime = now.plus(this.tokenSettings.lifetime());
		Instant absolute = sessionCreatedOn.plus(this.sessionSettings.absolute());
		Instant expiresOn = lifetime.isBefore(absolute) ? lifetime : absolute;
		long sessionId = refreshToken.sessionId();
		String token = this.tokens.issue(userId, refreshToken, this.statusLists.reference(sessionId), now, expiresOn);
		return new TokenPair(userId, token, Duration.between(now, expiresOn).toSeconds(), refreshToken.text(),
				sessionId);
	}

}
