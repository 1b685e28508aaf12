package accounts.auth;

import java.time.Clock;

import accounts.database.DatabaseConfiguration;
import accounts.start.StartRefused;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/**
 * The command {@code rotate-keys}: makes the next signing key while the service goes on.
 */
@EnableConfigurationProperties(TokenSettings.class)
@Import({ DatabaseConfiguration.class, KeyRing.class, KeyCipher.class, SigningKeyRepository.class })
public class RotateKeys {

	/** Rotates the keys of the configured database and says which is next. */
	public static void run(String[] arguments) {
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(RotateKeys.class)
			.web(WebApplicationType.NONE)
			.run(arguments)) {
			SigningKey next = context.getBean(KeyRing.class).rotate();
			System.out.println("The " + next + " signs from " + next.signsFrom() + ".");
		}
		catch (StartRefused ex) {
			System.err.println("accounts: " + ex.getMessage());
			System.exit(1);
		}
	}

	@Bean
	Clock clock() {
		return Clock.systemUTC();
	}

}
