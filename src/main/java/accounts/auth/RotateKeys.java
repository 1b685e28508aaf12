package accounts.auth;

import java.time.Clock;
import java.util.List;
import java.util.concurrent.Callable;

import accounts.auth.SigningKeyRepository.Row;
import accounts.database.DatabaseConfiguration;
import accounts.start.SettingArguments;
import accounts.start.StartRefused;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/** Makes the next signing key of the configured database and says which it is. */
@Command(name = "rotate-keys", description = { "Makes the next signing key while the service goes on.",
		"It takes the settings of the service: the same environment variables or arguments." })
public class RotateKeys implements Callable<Integer> {

	@Mixin
	private final SettingArguments settings = new SettingArguments();

	@Override
	public Integer call() {
		String[] arguments = this.settings.all();
		ConfigurableApplicationContext context;
		try {
			context = new SpringApplicationBuilder(Parts.class).web(WebApplicationType.NONE)
				.lazyInitialization(true)
				.run(arguments);
		}
		catch (RuntimeException ex) {
			// Spring Boot has reported it
			return ExitCode.SOFTWARE;
		}
		try (context) {
			DatabaseConfiguration.requireOurs(context.getEnvironment());
			requireSettingsOfTheService(context.getBean(SigningKeyRepository.class).all(),
					context.getBean(TokenSettings.class));
			SigningKey next = context.getBean(KeyRing.class).rotate();
			System.out.println("The " + next + " signs from " + next.signsFrom() + ".");
		}
		return ExitCode.OK;
	}

	/**
	 * Without the service's settings the command would make keys of another algorithm.
	 */
	private static void requireSettingsOfTheService(List<Row> keys, TokenSettings settings) {
		String algorithm = keys.isEmpty() ? null : keys.get(keys.size() - 1).algorithm();
		if (!settings.algorithm().name().equals(algorithm)) {
			throw new StartRefused("The database has " + ((algorithm != null) ? algorithm + " keys" : "no keys")
					+ ", and the settings say " + settings.algorithm()
					+ ": start the command with the settings of the service.");
		}
	}

	/**
	 * What of the service is needed; not on the command itself, whose help would load it.
	 */
	@EnableConfigurationProperties({ TokenSettings.class, KeySettings.class })
	@Import({ DatabaseConfiguration.class, KeyRing.class, KeyCipher.class, SigningKeyRepository.class })
	static class Parts {

		@Bean
		Clock clock() {
			return Clock.systemUTC();
		}

	}

}
