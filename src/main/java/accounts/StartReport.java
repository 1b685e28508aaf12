package accounts;

import accounts.database.Database;
import accounts.user.AccountRules;
import accounts.web.ErrorSettings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/** Tells the operator, once the service is up, where it is and how it was set. */
@Component
class StartReport {

	private static final Logger log = LoggerFactory.getLogger(Application.class);

	private final Environment environment;

	private final Database database;

	private final AccountRules rules;

	private final ErrorSettings errors;

	StartReport(Environment environment, Database database, AccountRules rules, ErrorSettings errors) {
		this.environment = environment;
		this.database = database;
		this.rules = rules;
		this.errors = errors;
	}

	@EventListener
	void up(WebServerInitializedEvent event) {
		String scheme = this.environment.containsProperty("server.ssl.bundle") ? "https" : "http";
		String address = scheme + "://" + this.environment.getProperty("server.address") + ":"
				+ event.getWebServer().getPort();
		log.info("Accounts is up at {}", address);
		log.info("Documentation: {}/docs/", address);
		log.info("Database: {}", this.database.description());
		log.info("Passwords: {}", this.rules.passwordPolicy());
		log.info("Errors: a login {} an unknown email from a wrong password",
				this.errors.hideUnknownEmail() ? "does not tell" : "tells");
	}

}
