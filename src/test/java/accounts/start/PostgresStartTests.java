package accounts.start;

import java.nio.file.Path;

import accounts.Postgres;
import accounts.Program;
import accounts.Service;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A PostgreSQL that the service could not work on stops the start with a sentence. */
@Tag("postgresql")
@ExtendWith(OutputCaptureExtension.class)
class PostgresStartTests {

	private final String url = Postgres.url(Service.folder());

	/** Where it is, as it is told: without the user and the password. */
	private final String place = this.url.replaceAll("jdbc:postgresql://|\\?.*", "");

	@Test
	void nobodyIsThere(CapturedOutput output) {
		assertThat(refusal(output, "spring.datasource.url=jdbc:postgresql://127.0.0.1:1/accounts?password=hunter2"))
			.startsWith("PostgreSQL at 127.0.0.1:1/accounts can't be reached (")
			.endsWith("): start it, or set SPRING_DATASOURCE_URL to where it is.");
	}

	@Test
	void theUserIsUnknownOrThePasswordWrong(CapturedOutput output) {
		assertThat(refusal(output, "spring.datasource.url=" + this.url.replaceFirst("\\?.*", ""),
				"spring.datasource.username=nobody", "spring.datasource.password=hunter2"))
			.startsWith("PostgreSQL at " + this.place + " lets nobody in with these credentials (")
			.endsWith("): set SPRING_DATASOURCE_USERNAME and SPRING_DATASOURCE_PASSWORD.");
	}

	@Test
	void theDatabaseIsMissing(CapturedOutput output) {
		assertThat(refusal(output, "spring.datasource.url=" + this.url.replaceFirst("/test[^?]*", "/missing")))
			.matches("There is no such database \\(.*\\): create it, or set SPRING_DATASOURCE_URL to another\\.");
	}

	@Test
	void theUserMayNotMakeTables(CapturedOutput output) {
		server().sql("create role guest login").update();
		assertThat(refusal(output, "spring.datasource.url=" + this.url.replaceFirst("user=postgres", "user=guest")))
			.startsWith("The user may not do in the database " + this.place + " what it must (")
			.endsWith("): make it the owner of the database or of the schema.");
	}

	@Test
	void theDatabaseBelongsToAnotherProgram(CapturedOutput output) {
		server().sql("create table customer (id integer)").update();
		assertThat(refusal(output)).startsWith("The database " + this.place + " belongs to another program: ");
		assertThat(
				server().sql("select tablename from pg_tables where schemaname = 'public'").query(String.class).list())
			.containsExactly("customer");
		server().sql("create schema accounts").update();
		try (Service service = Service.start("spring.datasource.url=" + this.url + "&currentSchema=accounts")) {
			service.account();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "currentSchema=nope", "currentSchema=public,nope", "options=-c%20search_path=nope" })
	void aSchemaThatDoesNotExistIsNotMade(String setting, CapturedOutput output) {
		assertThat(refusal(output, "spring.datasource.url=" + this.url + "&" + setting)).isEqualTo(
				"The database " + this.place + " has no schema nope: `create schema nope`, or set currentSchema in "
						+ "SPRING_DATASOURCE_URL to one that there is.");
		assertThat(server().sql("select nspname from pg_namespace where nspname = 'nope'").query(String.class).list())
			.isEmpty();
	}

	@Test
	void theServerEndsTheConnectionWhileTheTablesAreMadeAndTheNextStartMakesThem(CapturedOutput output) {
		Postgres.endMigrations(server());
		assertThat(refusal(output)).startsWith("PostgreSQL at " + this.place + " can't be reached (")
			.endsWith("): start it, or set SPRING_DATASOURCE_URL to where it is.");
		assertThat(output.getOut()).doesNotContain("at org.flywaydb");
		Postgres.endNoMigrations(server());
		try (Service service = Service.start("spring.datasource.url=" + this.url)) {
			service.account();
		}
	}

	@Test
	void aTableIsInTheWay(CapturedOutput output) {
		Service.start("spring.datasource.url=" + this.url).close();
		server().sql("delete from flyway_schema_history").update();
		assertThat(refusal(output)).isEqualTo("The database " + this.place
				+ " can't be brought to the schema of this program, and its data is as it was: mend this first: "
				+ "ERROR: relation \"user\" already exists.");
	}

	@Test
	void theSchemaIsNewerThanTheProgram(CapturedOutput output) {
		Service.start("spring.datasource.url=" + this.url).close();
		server().sql("""
				insert into flyway_schema_history (installed_rank, version, description, type, script, installed_by,
					execution_time, success)
				values (99, '99', 'of tomorrow', 'SQL', 'V99__of_tomorrow.sql', 'postgres', 1, true)""").update();
		assertThat(refusal(output)).startsWith("The database " + this.place + " has schema 99, and this program knows ")
			.endsWith(": start the newer program that made it.");
	}

	@Test
	void theDatabaseCanNotHoldEveryName(CapturedOutput output) {
		String url = Postgres.create("latin", "encoding 'LATIN1'", "lc_collate 'C'", "lc_ctype 'C'",
				"template template0");
		assertThat(refusal(output, "spring.datasource.url=" + url))
			.endsWith("/latin can't hold every name: create one with the encoding UTF8.");
	}

	@Test
	void theServerTakesNoWrites(CapturedOutput output) {
		assertThat(
				refusal(output, "spring.datasource.url=" + this.url + "&options=-c%20default_transaction_read_only=on"))
			.isEqualTo("The database " + this.place
					+ " is read-only: set SPRING_DATASOURCE_URL to the server that takes writes.");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					spring.datasource.hikari.maximum-pool-size=1 | SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE must be 2 or more: readers and writers have connections of their own.
					spring.datasource.hikari.maximum-pool-size=many | spring.datasource.hikari.maximum-pool-size is many: it must be a whole number.
					spring.jdbc.template.query-timeout=0s | SPRING_JDBC_TEMPLATE_QUERY_TIMEOUT must be from 1s to 1h.
					spring.jdbc.template.query-timeout=soon | spring.jdbc.template.query-timeout is soon: it must be a duration like 30s, 15m or 1h.
					spring.datasource.url=jdbc:postgresql://127.0.0.1:x/y | SPRING_DATASOURCE_URL is no address of a PostgreSQL database: it must be like jdbc:postgresql://127.0.0.1:5432/accounts.
					""")
	void aSettingCanNotBe(String setting, String sentence, CapturedOutput output) {
		assertThat(refusal(output, setting.startsWith("spring.datasource.url") ? new String[] { setting }
				: new String[] { setting, "spring.datasource.url=" + this.url }))
			.isEqualTo(sentence);
	}

	@Test
	void theOperatorIsToldWhereTheDatabaseIsAndNotThePassword() throws Exception {
		Path folder = Service.folder();
		try (Program program = Program.start(folder, "SPRING_DATASOURCE_USERNAME=postgres",
				"SPRING_DATASOURCE_PASSWORD=hunter2",
				"SPRING_DATASOURCE_URL=" + this.url.replaceFirst("\\?.*", "?password=hunter2"))) {
			program.address();
			program.terminate();
			assertThat(String.join("\n", program.printed())).contains("Database: PostgreSQL 18.", " at " + this.place)
				.doesNotContain("hunter2");
			assertThat(program.errors()).isEmpty();
		}
	}

	private JdbcClient server() {
		return JdbcClient.create(new DriverManagerDataSource(this.url));
	}

	/** The one sentence that such a start says. */
	private String refusal(CapturedOutput output, String... settings) {
		assertThatThrownBy(() -> Service
			.start((settings.length > 0) ? settings : new String[] { "spring.datasource.url=" + this.url })
			.close());
		assertThat(output).doesNotContain("hunter2");
		return output.getErr().lines().reduce((first, second) -> first + " AND " + second).orElseThrow().substring(10);
	}

}
