package accounts.auth;

import java.util.Optional;

import accounts.auth.Sessions.TokenPair;
import accounts.user.AccountRules;
import accounts.user.Credentials;
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

	AuthController(UserRepository users, PasswordEncoder passwords, LoginRefusals refusals, Sessions sessions,
			SessionRepository repository, AuthMeters meters) {
		this.users = users;
		this.passwords = passwords;
		this.refusals = refusals;
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
		return open(AccountRules.normalEmail(email), password, request);
	}

	private TokenPair open(String email, String password, HttpServletRequest request) {
		Credentials credentials = this.users.credentials(email).orElseThrow(() -> {
			this.meters.count(AuthMeters.Login.UNKNOWN_EMAIL);
			return this.refusals.unknownEmail(password);
		});
		RequestLog.user(credentials.user().id());
		if (!this.passwords.matches(password, credentials.hash())) {
			this.meters.count(AuthMeters.Login.WRONG_PASSWORD);
			throw this.refusals.wrongPassword();
		}
		Optional<TokenPair> pair = this.sessions.open(credentials, userAgent(request), request.getRemoteAddr());
		if (pair.isEmpty()) {
			// The password was changed or the user deleted in the time that this took
			return open(email, password, request);
		}
		if (this.passwords.upgradeEncoding(credentials.hash())) {
			this.users.rehash(credentials, String.valueOf(this.passwords.encode(password)));
		}
		this.meters.count(AuthMeters.Login.SUCCESS);
		log.info("Logged in, session {}", pair.get().sessionId());
		return pair.get();
	}

	@Open
	@PostMapping("/refresh/")
	TokenPair refresh(@RequestBody Refresh refresh) {
		Fields fields = new Fields();
		String token = fields.required("refresh_token", refresh.refreshToken, Fields::text);
		fields.refuseWrong();
		TokenPair pair = refreshed(token);
		log.info("Refreshed, session {}", pair.sessionId());
		return pair;
	}

	private TokenPair refreshed(String token) {
		try {
			TokenPair pair = this.sessions.refresh(token);
			this.meters.count(AuthMeters.Refresh.SUCCESS);
			return pair;
		}
		catch (RefreshTokenUnknown | RefreshTokenExpired | RefreshTokenUsed | SessionEnded ex) {
			this.meters.count(AuthMeters.Refresh.of(ex));
			throw ex;
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
