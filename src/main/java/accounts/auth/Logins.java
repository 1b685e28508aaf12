package accounts.auth;

import java.util.Optional;

import accounts.user.Credentials;
import accounts.user.User;
import accounts.user.UserRepository;
import accounts.web.ApiException;
import accounts.web.RequestLog;
import accounts.web.Texts;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.stereotype.Component;

/** Lets in who knows the password, and nobody who only tries many. */
@Component
class Logins {

	private final UserRepository users;

	private final PasswordEncoder passwords;

	private final LoginRefusals refusals;

	private final Throttle throttle;

	private final Sessions sessions;

	private final AuthMeters meters;

	Logins(UserRepository users, PasswordEncoder passwords, LoginRefusals refusals, Throttle throttle,
			Sessions sessions, AuthMeters meters) {
		this.users = users;
		this.passwords = passwords;
		this.refusals = refusals;
		this.throttle = throttle;
		this.sessions = sessions;
		this.meters = meters;
	}

	/**
	 * Opens a session for whoever has this email and password.
	 * @param email as it was typed
	 * @throws TooManyAttempts if too many others were tried before
	 */
	TokenPair login(String email, String password, HttpServletRequest request) {
		Optional<TokenPair> pair = Optional.empty();
		while (pair.isEmpty()) {
			pair = open(email, password, request);
		}
		this.meters.count(AuthMeters.Login.SUCCESS);
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
		// However it is typed, the same is counted
		try (Throttle.Attempt attempt = this.throttle.attempt(Texts.email(email), user, request.getRemoteAddr(),
				sessionOf(user, request))) {
			Credentials credentials = found.filter((known) -> attempt.mayPass())
				.orElseThrow(
						() -> refuse(attempt, this.refusals.unknownEmail(password), AuthMeters.Login.UNKNOWN_EMAIL));
			if (!this.passwords.matches(password, credentials.hash())) {
				throw refuse(attempt, this.refusals.wrongPassword(), AuthMeters.Login.WRONG_PASSWORD);
			}
			Optional<TokenPair> pair = attempt
				.succeeded(() -> this.sessions.open(credentials, userAgent(request), request.getRemoteAddr()));
			if (pair.isPresent() && isToBeReplaced(credentials.hash(), password)) {
				this.users.rehash(credentials, String.valueOf(this.passwords.encode(password)));
			}
			return pair;
		}
		catch (TooManyAttempts ex) {
			this.meters.count(AuthMeters.Login.THROTTLED);
			throw ex;
		}
	}

	private ApiException refuse(Throttle.Attempt attempt, ApiException reason, AuthMeters.Login outcome) {
		ApiException refusal = attempt.failed(reason);
		if (refusal == reason) {
			this.meters.count(outcome);
		}
		return refusal;
	}

	/** Whether the hash is of another kind or cost than today's, or not of NFC. */
	private boolean isToBeReplaced(String hash, String password) {
		String nfc = Texts.nfc(password);
		return this.passwords.upgradeEncoding(hash) || (!nfc.equals(password) && !this.passwords.matches(nfc, hash));
	}

	/** The session that asks, if it is this user's. */
	private static @Nullable Long sessionOf(@Nullable User user, HttpServletRequest request) {
		return (user != null && request.getAttribute(TokenFilter.CURRENT_USER) instanceof User current
				&& current.id() == user.id()
				&& request.getAttribute(TokenFilter.CURRENT_SESSION) instanceof Long session) ? session : null;
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

}
