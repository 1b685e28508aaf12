package accounts.database;

import accounts.start.StartRefused;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;

/** Opens the database that the settings name, of whichever kind it is. */
@Configuration(proxyBeanMethods = false)
public class DatabaseConfiguration {

	@Bean
	Database database(Environment environment, ListableBeanFactory settings) {
		// A start that a wrong setting stops must not have touched the database
		settings.getBeansWithAnnotation(ConfigurationProperties.class);
		String url = environment.getRequiredProperty("spring.datasource.url");
		if (url.startsWith(PostgresUrl.PREFIX)) {
			return PostgresDatabase.open(PostgresSettings.of(environment));
		}
		if (url.startsWith(SqliteFile.PREFIX)) {
			return SqliteDatabase.open(url);
		}
		throw noDatabase();
	}

	/**
	 * Looks at the database for a command, which makes none and takes over none.
	 * @throws StartRefused unless the service has been started on it
	 */
	public static void requireOurs(ConfigurableEnvironment environment) {
		String url = environment.getRequiredProperty("spring.datasource.url");
		if (url.startsWith(PostgresUrl.PREFIX)) {
			PostgresDatabase.requireOurs(PostgresSettings.of(environment));
		}
		else if (url.startsWith(SqliteFile.PREFIX)) {
			SqliteFile file = SqliteFile.find(url);
			if (file.content() != SqliteFile.Content.OURS) {
				throw Migrations.older(file.path(), 0);
			}
		}
		else {
			throw noDatabase();
		}
	}

	static StartRefused noDatabase() {
		return new StartRefused(
				"SPRING_DATASOURCE_URL must begin with " + SqliteFile.PREFIX + " or " + PostgresUrl.PREFIX
						+ "//, like jdbc:sqlite:db.sqlite3 or " + "jdbc:postgresql://127.0.0.1:5432/accounts.");
	}

}
