package accounts.auth;

import java.time.Instant;
import java.util.List;

import accounts.user.User;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Where a user is logged in, for that user to see and to end. */
@RestController
@RequestMapping("/auth/sessions")
class SessionController {

	private static final Logger log = LoggerFactory.getLogger(SessionController.class);

	private final SessionRepository sessions;

	SessionController(SessionRepository sessions) {
		this.sessions = sessions;
	}

	@GetMapping("/")
	List<Item> list(@RequestAttribute User currentUser,
			@RequestAttribute(required = false) @Nullable Long currentSession) {
		return this.sessions.ofUser(currentUser.id())
			.stream()
			.map((session) -> new Item(session.id(), session.createdOn(), session.lastUsedOn(), session.expiresOn(),
					session.userAgent(), session.ip(), Long.valueOf(session.id()).equals(currentSession)))
			.toList();
	}

	@DeleteMapping("/{id:[1-9][0-9]{0,18}}/")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void end(@RequestAttribute User currentUser, @PathVariable long id) {
		this.sessions.end(currentUser.id(), id);
		log.info("Ended session {}", id);
	}

	@DeleteMapping("/")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void endOthers(@RequestAttribute User currentUser,
			@RequestAttribute(required = false) @Nullable Long currentSession) {
		this.sessions.endOthers(currentUser.id(), currentSession);
		log.info("Ended all sessions but {}", currentSession);
	}

	/** A session as its user sees it: {@code current} is the one that asks. */
	record Item(long id, Instant createdOn, Instant lastUsedOn, Instant expiresOn, @Nullable String userAgent,
			@Nullable String ip, boolean current) {

	}

}
