package accounts.auth;

import java.util.Optional;

import accounts.auth.Sessions.TokenPair;
import accounts.user.AccountRules;
import accounts.user.Credentials;
import accounts.user.User;
import accounts.user.UserRepository;
import accounts.web.Fields;
import accounts.web.Open;
import accounts.web.RequestLog;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Log in, stay logged in, log out. */
@RestController
@RequestMapping("/auth")
class AuthController {

	private static final Logger log = LoggerFactory.getLogger(AuthController.class);

	private final UserRepository users;

	private final PasswordEncoder passwords;

	private final LoginRefusals refusals;

	private final Sessions sessions;

	private final SessionRepository repository;

	private final AuthMeters meters;

	private final Throttle throttle;

	AuthController(UserRepository users, PasswordEncoder passwords, LoginRefusals refusals, Sessions sessions,
			SessionRepository repository, AuthMeters meters, Throttle throttle) {
		this.users = users;
		this.passwords = passwords;
		this.refusals = refusals;
		this.throttle = throttle;
		this.sessions = sessions;
		this.repository = repository;
		this.meters = meters;
	}

	@Open
	@PostMapping("/get-token/")
	TokenPair getToken(@RequestBody Login login, HttpServletRequest request) {
		Fields fields = new Fields();
		String email = fields.required("email", login.email, Fields::text);
		String password = fields.required("password", login.password, Fields::text);
		fields.refuseWrong();
		Optional<TokenPair> pair = Optional.empty();
		while (pair.isEmpty()) {
			pair = open(AccountRules.normalEmail(email), password, request);
		}
		this.meters.count(AuthMeters.Login.SUCCESS);
		log.info("Logged in, session {}", pair.get().sessionId());
		return pair.get();
	}

	/**
	 * Checks a password and opens a session.
	 * @return nothing if the password was changed or the user deleted in the time that
	 * this took
	 */
	private Optional<TokenPair> open(String email, String password, HttpServletRequest request) {
		Optional<Credentials> found = this.users.credentials(email);
		found.ifPresent((known) -> RequestLog.user(known.user().id()));
		User user = found.map(Credentials::user).orElse(null);
		try (Throttle.Attempt attempt = this.throttle.attempt(email, user, request.getRemoteAddr(),
				sessionOf(user, request))) {
			Credentials credentials = found.orElseThrow(() -> {
				this.meters.count(AuthMeters.Login.UNKNOWN_EMAIL);
				return attempt.failed(this.refusals.unknownEmail(password));
			});
			if (!this.passwords.matches(password, credentials.hash())) {
				this.meters.count(AuthMeters.Login.WRONG_PASSWORD);
				throw attempt.failed(this.refusals.wrongPassword());
			}
			Optional<TokenPair> pair = attempt
				.succeeded(() -> this.sessions.open(credentials, userAgent(request), request.getRemoteAddr()));
			if (pair.isPresent() && this.passwords.upgradeEncoding(credentials.hash())) {
				this.users.rehash(credentials, String.valueOf(this.passwords.encode(password)));
			}
			return pair;
		}
		catch (TooManyAttempts ex) {
			this.meters.count(AuthMeters.Login.THROTTLED);
			throw ex;
		}
	}

	/** The session that asks, if it is this user's. */
	private static @Nullable Long sessionOf(@Nullable User user, HttpServletRequest request) {
		return (user != null && request.getAttribute(TokenFilter.CURRENT_USER) instanceof User current
				&& current.id() == user.id()
				&& request.getAttribute(TokenFilter.CURRENT_SESSION) instanceof Long session) ? session : null;
	}

	@Open
	@PostMapping("/refresh/")
	TokenPair refresh(@RequestBody Refresh refresh, HttpServletRequest request) {
		Fields fields = new Fields();
		String token = fields.required("refresh_token", refresh.refreshToken, Fields::text);
		fields.refuseWrong();
		try {
			TokenPair pair = this.sessions.refresh(token);
			this.meters.count(AuthMeters.Refresh.SUCCESS);
			log.info("Refreshed, session {}", pair.sessionId());
			return pair;
		}
		catch (RefreshTokenUnknown | RefreshTokenExpired | RefreshTokenUsed | SessionEnded ex) {
			this.meters.count(AuthMeters.Refresh.of(ex));
			throw this.throttle.refreshFailed(request.getRemoteAddr(), ex);
		}
	}

	@PostMapping("/logout/")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void logout(@RequestAttribute(required = false) @Nullable Long currentSession) {
		if (currentSession != null) {
			this.repository.end(currentSession);
		}
		log.info("Logged out, session {}", currentSession);
	}

	/** What the client calls itself, as far as it is fit to be shown. */
	private static @Nullable String userAgent(HttpServletRequest request) {
		String header = request.getHeader(HttpHeaders.USER_AGENT);
		if (header == null) {
			return null;
		}
		String printable = header.replaceAll("\\p{Cc}", " ").strip();
		return printable.isEmpty() ? null : printable.substring(0, Math.min(printable.length(), 200));
	}

	record Login(@Nullable JsonNode email, @Nullable JsonNode password) {

	}

	record Refresh(@Nullable JsonNode refreshToken) {

	}

}
