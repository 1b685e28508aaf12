package accounts.database;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

import accounts.Postgres;
import accounts.Service;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A start that is killed while it changes the schema of PostgreSQL is followed by one.
 */
@Tag("sqlite")
@Timeout(120)
class MigrationKillTests {

	private final String url = Postgres.url(Service.folder());

	private final JdbcClient db = JdbcClient.create(new DriverManagerDataSource(this.url));

	@BeforeAll
	static void silence() {
		LoggingSystem.get(MigrationKillTests.class.getClassLoader()).setLogLevel("org.flywaydb", LogLevel.OFF);
	}

	@Test
	void whereverTheFirstStartIsKilledTheNextIsWhole() throws Exception {
		int kills = 0;
		while (!migrate(kills)) {
			kills++;
			start();
			this.db.sql("drop schema public cascade").update();
			this.db.sql("create schema public").update();
		}
		assertThat(kills).isGreaterThan(5);
	}

	@Test
	void whereverAnUpgradeIsKilledTheNextStartIsWholeAndNobodyIsLost() throws Exception {
		int kills = 0;
		do {
			this.db.sql("drop schema public cascade").update();
			this.db.sql("create schema public").update();
			upTo("3");
			this.db.sql("""
					insert into "user" (first_name, last_name, email, password, created_on)
					values ('a', 'b', 'c', 'd', 0)""").update();
			if (migrate(kills)) {
				break;
			}
			kills++;
			start();
			assertThat(this.db.sql("select first_name from \"user\"").query(String.class).list()).containsExactly("a");
		}
		while (true);
		assertThat(kills).isGreaterThan(2);
	}

	private void upTo(String version) throws SQLException {
		try (Connection connection = new DriverManagerDataSource(this.url).getConnection()) {
			Flyway.configure()
				.configuration(Migrations.ofPostgres(connection).getConfiguration())
				.target(version)
				.load()
				.migrate();
		}
	}

	/**
	 * Brings the database up to date, unless it is killed before this change or commit.
	 * @return whether it was not
	 */
	private boolean migrate(int change) {
		Mortal program = new Mortal(change);
		try (Connection connection = program.getConnection()) {
			Migrations.ofPostgres(connection).migrate();
			return program.left >= 0;
		}
		catch (SQLException | FlywayException ex) {
			assertThat(program.left).isNegative();
			return false;
		}
	}

	private void start() {
		PostgresSettings settings = new PostgresSettings(PostgresUrl.of(this.url), null, null, 2,
				Duration.ofSeconds(10), Binder.get(new StandardEnvironment()));
		try (Database database = PostgresDatabase.open(settings)) {
			assertThat(Migrations.version(database.reads())).isEqualTo(Migrations.VERSION);
			database.probe();
		}
	}

	/**
	 * A program whose connections to the server end before its n-th commit or sixth
	 * change: Flyway makes changes without parameters.
	 */
	private final class Mortal extends DriverManagerDataSource {

		private int left;

		private int changes;

		Mortal(int changes) {
			super(MigrationKillTests.this.url);
			this.left = changes;
		}

		@Override
		public Connection getConnection() throws SQLException {
			return watched(Connection.class, super.getConnection());
		}

		private <T> T watched(Class<T> type, Object object) {
			return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type },
					(proxy, method, arguments) -> {
						boolean change = method.getName().equals("commit")
								|| (method.getName().equals("execute") && arguments != null && ++this.changes % 6 == 0);
						if (change && this.left-- == 0) {
							endConnections();
						}
						try {
							Object result = method.invoke(object, arguments);
							if (method.getReturnType() == Statement.class) {
								return watched(Statement.class, result);
							}
							return result;
						}
						catch (InvocationTargetException ex) {
							throw ex.getCause();
						}
					}));
		}

		/** And waits until the server has undone what was not committed. */
		private void endConnections() {
			MigrationKillTests.this.db.sql("""
					select pg_terminate_backend(pid, 10000) from pg_stat_activity
					where datname = current_database() and pid <> pg_backend_pid()""").query(Boolean.class).list();
		}

	}

}
