package accounts.auth;

import java.time.Clock;
import java.util.List;

import accounts.auth.SigningKeyRepository.Row;
import accounts.database.DatabaseConfiguration;
import accounts.start.StartFailures;
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
			.lazyInitialization(true)
			.run(arguments)) {
			requireSettingsOfTheService(context.getBean(SigningKeyRepository.class).all(),
					context.getBean(TokenSettings.class));
			SigningKey next = context.getBean(KeyRing.class).rotate();
			System.out.println("The " + next + " signs from " + next.signsFrom() + ".");
		}
		catch (RuntimeException ex) {
			if (!new StartFailures().reportException(ex)) {
				throw ex;
			}
			System.exit(1);
		}
	}

	/**
	 * Without the service's settings the command would make keys in a new database, or of
	 * another algorithm in the service's.
	 */
	private static void requireSettingsOfTheService(List<Row> keys, TokenSettings settings) {
		String algorithm = keys.isEmpty() ? null : keys.get(keys.size() - 1).algorithm();
		if (!settings.algorithm().name().equals(algorithm)) {
			throw new StartRefused("The database has " + ((algorithm != null) ? algorithm + " keys" : "no keys")
					+ ", and the settings say " + settings.algorithm()
					+ ": start the command with the settings of the service.");
		}
	}

	@Bean
	Clock clock() {
		return Clock.systemUTC();
	}

}
