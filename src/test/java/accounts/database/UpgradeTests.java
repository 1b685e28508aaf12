package accounts.database;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;

import javax.sql.DataSource;

import accounts.Account;
import accounts.Answer;
import accounts.Client;
import accounts.Postgres;
import accounts.Service;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/** What earlier versions wrote is understood by this one. */
@ExtendWith(OutputCaptureExtension.class)
class UpgradeTests {

	/** With the accent as a character of its own, and the hash of just that. */
	private static final String PASSWORD = "e\u0301cole";

	private static final String HASH = "{argon2}$argon2id$v=19$m=64,t=1,p=1$TGvso1dW1mvBHX1IesXcyA"
			+ "$wj85If20pDnw97y5F012soPBns3kZrjOhcYgXJ4BwKo";

	private static final String NFC_PASSWORD = "école";

	@Test
	void emailsOfEveryFormStillLogInAndTheStartNamesThoseThatLookAlike(CapturedOutput output) {
		Path folder = Service.folder();
		DataSource database = schema4(folder);
		long jose = add(database, "jose\u0301@example.org");
		long renee = add(database, "rene\u0301e@example.org");
		long reneeToo = add(database, "renée@example.org");
		long annInvisible = add(database, "ann\u200b@example.org");
		long ann = add(database, "ann@example.org");
		try (Service service = Service.startIn(folder)) {
			assertThat(output.getOut()).contains(
					"Accounts with the same email in two ways of typing it, by their ids: " + reneeToo + " and " + renee
							+ ". ",
					"Accounts with invisible characters in their emails, by their ids: " + annInvisible + ". ");
			assertThat(output.getAll()).doesNotContain("@example.org");

			// Each by the exact text, and the others by any
			assertThat(login(service, "jose\u0301@example.org")).isEqualTo(jose);
			assertThat(login(service, "\u00a0JOS\u00c9@Example.org")).isEqualTo(jose);
			assertThat(login(service, "rene\u0301e@example.org")).isEqualTo(renee);
			assertThat(login(service, "renée@example.org")).isEqualTo(reneeToo);
			assertThat(login(service, " Ann\u200b@example.org")).isEqualTo(annInvisible);
			assertThat(login(service, "ann@example.org")).isEqualTo(ann);
			Account.login(service.client(), "ann\u200c@example.org", PASSWORD).refused(401, "Incorrect email");

			// The login has put a hash of NFC in its place
			String token = Account.login(service.client(), "josé@example.org", NFC_PASSWORD).is(200).text("token");
			Client client = service.client().as(token);
			assertThat(client.get("/users/me/").text("email")).isEqualTo("josé@example.org");
			assertThat(found(client, "ren%C3%A9e")).containsExactly(renee, reneeToo);
			assertThat(found(client, "JOSE%CC%81")).containsExactly(jose);
			assertThat(found(client, "ann")).containsExactly(annInvisible, ann);

			// Who sends the own email back as it is has not changed it
			for (String email : List.of("rene\u0301e@example.org", "ann\u200b@example.org")) {
				Answer me = Account.login(service.client(), email, PASSWORD).is(200);
				service.client().as(me.text("token")).put("/users/" + me.text("user_id") + "/", """
						{"first_name": "New", "email": "%s"}""".formatted(email)).is(200);
			}
			service.client()
				.post("/users/",
						"""
								{"first_name": "R", "last_name": "R", "email": "rene\u0301e@example.org", "password": "1234"}""")
				.refused(409, "This email is already registered");

			// An earlier version goes on beside this one
			long zoe = add(database, "zoe\u0308@example.org");
			assertThat(login(service, "zoe\u0308@example.org")).isEqualTo(zoe);
			Answer me = Account.login(service.client(), "renée@example.org", PASSWORD).is(200);
			service.client().as(me.text("token")).delete("/users/" + reneeToo + "/").is(204);
		}
		int before = output.getAll().length();
		try (Service service = Service.startIn(folder)) {
			assertThat(login(service, "RENÉE@example.org")).isEqualTo(renee);
			assertThat(login(service, "ZOË@example.org")).isGreaterThan(ann);
			assertThat(output.getAll().substring(before)).doesNotContain("Accounts with the same email")
				.contains("by their ids: " + annInvisible + ". ");
		}
	}

	@Test
	void namesWhoseKeysAreMadeOtherwiseTodayGetNewOnes() {
		Path folder = Service.folder();
		DataSource database = schema4(folder);
		JdbcClient.create(database).sql("""
				insert into "user" (first_name, last_name, email, password, created_on,
					first_name_key, last_name_key, keyed_first_name, keyed_last_name)
				values ('J\u030can', 'i\u0307pek', 'jan@example.org', '-', 0,
					'j\u030can', 'i\u0307pek', 'J\u030can', 'i\u0307pek')""").update();
		try (Service service = Service.startIn(folder)) {
			Client client = service.account().client();
			for (String prefix : List.of("%C7%B0a", "J%CC%8C", "%C4%B0PEK", "ipek", "i%CC%87p")) {
				assertThat(found(client, prefix)).as(prefix).hasSize(1);
			}
		}
	}

	/** A database as the last version left it that kept emails as they were typed. */
	private static DataSource schema4(Path folder) {
		DataSource database = new DriverManagerDataSource(Service.url(folder));
		try (Connection connection = database.getConnection()) {
			Flyway today = Postgres.TESTED ? Migrations.ofPostgres(connection) : Migrations.ofSqlite(database, false);
			Flyway.configure().configuration(today.getConfiguration()).target("4").load().migrate();
			return database;
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static long add(DataSource database, String email) {
		return JdbcClient.create(database)
			.sql("""
					insert into "user" (first_name, last_name, email, password, created_on,
						first_name_key, last_name_key, keyed_first_name, keyed_last_name)
					values ('F', 'L', ?, ?, 0, 'f', 'l', 'F', 'L') returning id""")
			.param(email)
			.param(HASH)
			.query(Long.class)
			.single();
	}

	private static long login(Service service, String email) {
		Stream<String> passwords = Stream.of(PASSWORD, NFC_PASSWORD);
		return passwords.map((password) -> Account.login(service.client(), email, password).is(200))
			.mapToLong((answer) -> answer.json().path("user_id").longValue())
			.distinct()
			.reduce((one, other) -> -1)
			.orElseThrow();
	}

	private static List<Long> found(Client client, String prefix) {
		return client.get("/users/?q=" + prefix)
			.is(200)
			.json()
			.valueStream()
			.map((user) -> user.path("id").longValue())
			.toList();
	}

}
