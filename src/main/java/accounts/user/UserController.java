package accounts.user;

import java.net.URI;
import java.util.stream.Stream;

import accounts.web.ErrorSettings;
import accounts.web.Fields;
import accounts.web.Open;
import accounts.web.RequestLog;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

import org.springframework.context.ApplicationEventPublisher;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.util.MultiValueMap;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Sign up, read each other, change and delete oneself. */
@RestController
@RequestMapping("/users")
class UserController {

	private static final Logger log = LoggerFactory.getLogger(UserController.class);

	/** A positive integer in plain digits: to Spring {@code 0x1} would be 1 as well. */
	private static final String USER = "/{id:[1-9][0-9]{0,18}}/";

	private final UserRepository users;

	private final UserListRepository pages;

	private final PasswordEncoder passwords;

	private final AccountRules rules;

	private final PasswordSettings settings;

	private final ErrorSettings errors;

	private final UserMeters meters;

	private final ApplicationEventPublisher events;

	UserController(UserRepository users, UserListRepository pages, PasswordEncoder passwords, AccountRules rules,
			PasswordSettings settings, ErrorSettings errors, UserMeters meters, ApplicationEventPublisher events) {
		this.users = users;
		this.pages = pages;
		this.passwords = passwords;
		this.rules = rules;
		this.settings = settings;
		this.errors = errors;
		this.meters = meters;
		this.events = events;
	}

	@Open
	@PostMapping("/")
	ResponseEntity<User> signUp(@RequestBody Payload payload, HttpServletRequest request) {
		Fields fields = new Fields();
		String firstName = fields.required("first_name", payload.firstName, this.rules::name);
		String lastName = fields.required("last_name", payload.lastName, this.rules::name);
		String email = fields.required("email", payload.email, this.rules::email);
		String password = fields.required("password", payload.password,
				(text) -> this.rules.password(text, firstName, lastName, email));
		fields.refuseWrong();
		this.events.publishEvent(new SigningUp(request.getRemoteAddr()));
		User user = this.users.add(firstName, lastName, email, hash(password));
		RequestLog.user(user.id());
		this.meters.signedUp();
		log.info("Signed up");
		return ResponseEntity.created(URI.create("/users/" + user.id() + "/")).body(user);
	}

	@GetMapping("/")
	ResponseEntity<Stream<User>> list(@RequestParam MultiValueMap<String, String> parameters) {
		if (!UserQuery.isIn(parameters)) {
			return ResponseEntity.ok(this.users.all());
		}
		UserQuery query = UserQuery.of(parameters, this.rules);
		UserPage page = this.pages.page(query);
		return ResponseEntity.ok().headers(page.headers(query)).body(page.users().stream());
	}

	@GetMapping("/me/")
	User me(@RequestAttribute User currentUser) {
		return currentUser;
	}

	@GetMapping(USER)
	User read(@RequestAttribute User currentUser, @PathVariable long id) {
		// Who asks was read to know who asks
		return (currentUser.id() == id) ? currentUser : this.users.byId(id).orElseThrow(UserNotFound::new);
	}

	@RequestMapping(path = USER, method = { RequestMethod.PUT, RequestMethod.PATCH })
	User change(@RequestAttribute User currentUser, @RequestAttribute(required = false) @Nullable Long currentSession,
			@PathVariable long id, @RequestBody Payload payload, HttpServletRequest request) {
		requireSelf(currentUser, id);
		Fields fields = new Fields();
		String firstName = fields.optional("first_name", payload.firstName, this.rules::name);
		String lastName = fields.optional("last_name", payload.lastName, this.rules::name);
		// An account may have kept one that could not be registered today
		String email = fields.optional("email", payload.email,
				(text) -> text.equals(currentUser.email()) ? text : this.rules.email(text));
		String password = fields.optional("password", payload.password,
				(text) -> this.rules.password(text, (firstName != null) ? firstName : currentUser.firstName(),
						(lastName != null) ? lastName : currentUser.lastName(),
						(email != null) ? email : currentUser.email()));
		// The email that the user has already is no change: another one may have come
		// meanwhile
		Change change = new Change(firstName, lastName, currentUser.email().equals(email) ? null : email, password);
		String current = (this.settings.askCurrent() && change.needsProof())
				? fields.required("current_password", payload.currentPassword, Fields::text) : null;
		fields.refuseWrong();
		Asker asker = new Asker(currentSession, request.getRemoteAddr());
		User user = (current != null) ? change(id, change, current, asker) : change(id, change, asker, null);
		log.info("Changed");
		return user;
	}

	/**
	 * Changes a user whose password is known to who asks (ASVS 6.2.3, 7.5.1), which must
	 * still be the user's when the change happens.
	 */
	private User change(long id, Change change, String currentPassword, Asker asker) {
		Credentials credentials = this.users.credentials(id).orElseThrow(UserNotFound::new);
		this.events.publishEvent(new ProvingPassword(id, asker.session()));
		if (!this.passwords.matches(currentPassword, credentials.hash())) {
			throw new IncorrectPassword();
		}
		this.events.publishEvent(new PasswordProved(id, asker.session()));
		try {
			return change(id, change, asker, credentials.hash());
		}
		catch (UserRepository.HashReplaced ex) {
			return change(id, change, currentPassword, asker);
		}
	}

	private User change(long id, Change change, Asker asker, @Nullable String proved) {
		return this.users.change(id, change.firstName, change.lastName, change.email,
				(change.password != null) ? hash(change.password) : null, asker, proved);
	}

	@DeleteMapping(USER)
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void delete(@RequestAttribute User currentUser, @PathVariable long id) {
		requireSelf(currentUser, id);
		this.users.delete(id);
		log.info("Deleted");
	}

	private String hash(String password) {
		return String.valueOf(this.passwords.encode(password));
	}

	private void requireSelf(User currentUser, long id) {
		if (currentUser.id() != id) {
			throw new PermissionDenied(this.errors.permissionDeniedStatus());
		}
	}

	/** What a client says of a user: whatever else it sends is not for it to set. */
	record Payload(@Nullable JsonNode firstName, @Nullable JsonNode lastName, @Nullable JsonNode email,
			@Nullable JsonNode password, @Nullable JsonNode currentPassword) {

	}

	/** What is to be another than it was. */
	private record Change(@Nullable String firstName, @Nullable String lastName, @Nullable String email,
			@Nullable String password) {

		boolean needsProof() {
			return this.email != null || this.password != null;
		}

		@Override
		public String toString() {
			return "Change of a user";
		}

	}

}
