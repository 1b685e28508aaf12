package accounts.auth;

import accounts.web.Fields;
import accounts.web.Open;
import accounts.web.RequestLog;
import accounts.web.Texts;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

import org.springframework.http.HttpStatus;
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

	private final Logins logins;

	private final Renewals renewals;

	private final SessionRepository repository;

	private final Throttle throttle;

	private final AuthMeters meters;

	AuthController(Logins logins, Renewals renewals, SessionRepository repository, Throttle throttle,
			AuthMeters meters) {
		this.logins = logins;
		this.renewals = renewals;
		this.repository = repository;
		this.throttle = throttle;
		this.meters = meters;
	}

	@Open
	@PostMapping("/get-token/")
	TokenPair getToken(@RequestBody Login login, HttpServletRequest request) {
		Fields fields = new Fields();
		String email = fields.required("email", login.email, AuthController::typedEmail);
		String password = fields.required("password", login.password, Fields::text);
		fields.refuseWrong();
		TokenPair pair = this.logins.login(email, password, request);
		log.info("Logged in, session {}", pair.sessionId());
		return pair;
	}

	@Open
	@PostMapping("/refresh/")
	TokenPair refresh(@RequestBody Refresh refresh, HttpServletRequest request) {
		Fields fields = new Fields();
		String token = fields.required("refresh_token", refresh.refreshToken, Fields::text);
		fields.refuseWrong();
		try {
			TokenPair pair = this.renewals.refresh(token);
			this.meters.count(AuthMeters.Refresh.SUCCESS);
			return pair;
		}
		catch (TooManyAttempts ex) {
			this.meters.count(AuthMeters.Refresh.THROTTLED);
			throw ex;
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

	/**
	 * An account of an earlier version may have kept its email in another form than
	 * today's.
	 */
	private static String typedEmail(String text) {
		Fields.filled(Texts.trimmed(Fields.text(text)));
		return text;
	}

	record Login(@Nullable JsonNode email, @Nullable JsonNode password) {

	}

	record Refresh(@Nullable JsonNode refreshToken) {

	}

}
