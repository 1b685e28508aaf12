package accounts.database;

import java.time.Duration;

import accounts.start.StartRefused;
import com.zaxxer.hikari.HikariConfig;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;

/**
 * What an operator may set of the connections to PostgreSQL, by Spring Boot's own names.
 *
 * @param size {@code spring.datasource.hikari.maximum-pool-size}: how many connections
 * there are at most, of which a third is for writing
 * @param queryTimeout {@code spring.jdbc.template.query-timeout}: how long a statement
 * may take, waiting for locks included, before the client is told to come again
 * @param binder finds the other settings of a pool, {@code spring.datasource.hikari.*}
 */
record PostgresSettings(PostgresUrl url, @Nullable String username, @Nullable String password, int size,
		Duration queryTimeout, Binder binder) {

	private static final String POOL = "spring.datasource.hikari";

	/** How long a request waits for its turn at a connection. */
	private static final int TURN_MILLIS = 5_000;

	PostgresSettings {
		if (size < 2) {
			throw new StartRefused("SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE must be 2 or more: "
					+ "readers and writers have connections of their own.");
		}
		if (queryTimeout.toSeconds() < 1 || queryTimeout.toSeconds() > 3600) {
			throw new StartRefused("SPRING_JDBC_TEMPLATE_QUERY_TIMEOUT must be from 1s to 1h.");
		}
	}

	static PostgresSettings of(Environment environment) {
		Binder binder = Binder.get(environment);
		return new PostgresSettings(PostgresUrl.of(environment.getRequiredProperty("spring.datasource.url")),
				environment.getProperty("spring.datasource.username"),
				environment.getProperty("spring.datasource.password"),
				binder.bind(POOL + ".maximum-pool-size", Integer.class).orElse(15),
				binder.bind("spring.jdbc.template.query-timeout", Duration.class).orElse(Duration.ofSeconds(10)),
				binder);
	}

	int readers() {
		return this.size - writers();
	}

	int writers() {
		return Math.max(1, this.size / 3);
	}

	/** A pool that is set as the operator wants it. */
	HikariConfig pool() {
		HikariConfig pool = new HikariConfig();
		pool.setConnectionTimeout(TURN_MILLIS);
		return this.binder.bind(POOL, Bindable.ofInstance(pool)).orElse(pool);
	}

	@Override
	public String toString() {
		return "Connections to PostgreSQL";
	}

}
