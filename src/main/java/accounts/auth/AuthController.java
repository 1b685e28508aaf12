package accounts.auth;

import accounts.user.AccountRules;
import accounts.user.Credentials;
import accounts.user.UserRepository;
import accounts.web.Fields;
import accounts.web.Open;
import accounts.web.RequestLog;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Logging in. */
@RestController
@RequestMapping("/auth")
class AuthController {

	private static final Logger log = LoggerFactory.getLogger(AuthController.class);

	private final UserRepository users;

	private final PasswordEncoder passwords;

	private final AccessTokens tokens;

	AuthController(UserRepository users, PasswordEncoder passwords, AccessTokens tokens) {
		this.users = users;
		this.passwords = passwords;
		this.tokens = tokens;
	}

	@Open
	@PostMapping("/get-token/")
	Token getToken(@RequestBody Login login) {
		Fields fields = new Fields();
		String email = fields.required("email", login.email, Fields::text);
		String password = fields.required("password", login.password, Fields::text);
		fields.refuseWrong();
		Credentials credentials = this.users.credentials(AccountRules.normalEmail(email))
			.orElseThrow(IncorrectEmail::new);
		long id = credentials.user().id();
		RequestLog.user(id);
		if (!this.passwords.matches(password, credentials.hash())) {
			throw new IncorrectPassword();
		}
		if (this.passwords.upgradeEncoding(credentials.hash())) {
			this.users.rehash(credentials, String.valueOf(this.passwords.encode(password)));
		}
		log.info("Logged in");
		return new Token(id, this.tokens.issue(id));
	}

	record Login(@Nullable JsonNode email, @Nullable JsonNode password) {

	}

	record Token(long userId, String token) {

		@Override
		public String toString() {
			return "Token of user " + this.userId;
		}

	}

}
