package accounts.auth;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import accounts.Account;
import accounts.Postgres;
import accounts.Program;
import accounts.Service;
import accounts.database.Database;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/** The command {@code rotate-keys}, as an operator gives it. */
class RotateKeysTests {

	@Test
	void rotatesWhileTheServiceGoesOn() throws Exception {
		Path folder = Service.folder();
		try (Service service = Service.startIn(folder, KeyTests.algorithm(SigningAlgorithm.ES256))) {
			Account account = service.account();
			List<String> lines;
			try (Program command = rotateKeys(folder, "ACCOUNTS_TOKEN_ALGORITHM=ES256")) {
				lines = command.printed();
				assertThat(command.errors()).isEmpty();
				assertThat(command.exitCode()).isZero();
			}
			service.bean(KeyRing.class).tend();
			String next = service.client()
				.get("/.well-known/jwks.json")
				.json()
				.path("keys")
				.path(1)
				.path("kid")
				.stringValue();
			assertThat(lines.get(lines.size() - 1))
				.matches("The ES256 key " + next + " signs from 20[0-9-]{8}T[0-9:]{8}Z\\.");
			service.clock().move(Duration.ofMinutes(3));
			String token = Account.login(service.client(), account.email(), account.password()).text("token");
			assertThat(Forge.header(token).path("kid").stringValue()).isEqualTo(next);
			account.client().get("/users/me/").is(200);
		}
	}

	@Test
	void isRefusedInOneSentenceWhereItCanNotBeRight() throws Exception {
		Path folder = Service.folder();
		String secret = "9f1c8d0e77a64b52b3c15e0a4d8f2b6c";
		Service.startIn(folder, "accounts.token.secret=" + secret).close();
		refused(folder, "ACCOUNTS_TOKEN_SECRET=" + secret,
				"accounts: The secret is set by ACCOUNTS_TOKEN_SECRET: to change it, set another one, "
						+ "and this one as ACCOUNTS_TOKEN_SECRET_PREVIOUS until its tokens have expired.");
		refused(folder, "ACCOUNTS_TOKEN_ALGORITHM=EdDSA",
				"accounts: The database has HS256 keys, and the settings say EdDSA: start the command with the settings of the service.");
		refused(folder, "ACCOUNTS_TOKEN_LIFETIME=0s", "accounts: ACCOUNTS_TOKEN_LIFETIME must be from 1s to 365d.");
	}

	@Test
	void makesNoDatabaseWhereThereIsNone() throws Exception {
		Path folder = Service.folder();
		try (Program command = rotateKeys(folder, "ACCOUNTS_TOKEN_ALGORITHM=HS256")) {
			assertThat(command.exitCode()).isEqualTo(1);
			assertThat(command.errors()).singleElement()
				.asString()
				.startsWith("accounts: The database ")
				.endsWith(
						" holds nothing of this service's: set SPRING_DATASOURCE_URL to one that does, or, if it is the "
								+ "tutorial's, start this program on it once.");
		}
		assertThat(folder).isEmptyDirectory();
		if (Postgres.TESTED) {
			assertThat(JdbcClient.create(new DriverManagerDataSource(Service.url(folder)))
				.sql("select tablename from pg_tables where schemaname = 'public'")
				.query(String.class)
				.list()).isEmpty();
		}
	}

	@Test
	void takesSettingsAsArguments() throws Exception {
		Path folder = Service.folder();
		Service.startIn(folder).close();
		try (Program command = Program.start(List.of("rotate-keys", "--spring.datasource.url=" + Service.url(folder),
				"--accounts.token.algorithm=EdDSA", "--server.port=-1"), folder)) {
			assertThat(command.exitCode()).isEqualTo(1);
			assertThat(command.errors())
				.containsExactly("accounts: The database has HS256 keys, and the settings say EdDSA: "
						+ "start the command with the settings of the service.");
		}
	}

	@Test
	void failsInOneSentenceForAReasonThatNobodyForesaw() throws Exception {
		Path folder = Service.folder();
		try (Service service = Service.startIn(folder)) {
			service.bean(Database.class).writes().sql("drop table signing_key").update();
		}
		try (Program command = rotateKeys(folder, "ACCOUNTS_TOKEN_ALGORITHM=HS256")) {
			assertThat(command.exitCode()).isEqualTo(1);
			assertThat(command.errors()).singleElement()
				.asString()
				.matches("accounts: Failed for an unforeseen reason \\(\\w+\\): the log has the details\\.");
			assertThat(command.printed()).anyMatch((line) -> line.contains(" ERROR The command failed "))
				.anyMatch((line) -> line.contains("at accounts.auth.RotateKeys.call("));
		}
	}

	private static void refused(Path folder, String setting, String sentence) throws Exception {
		try (Program command = rotateKeys(folder, setting)) {
			assertThat(command.exitCode()).isEqualTo(1);
			assertThat(command.errors()).containsExactly(sentence);
			assertThat(command.printed()).isEmpty();
		}
	}

	private static Program rotateKeys(Path folder, String setting) throws Exception {
		return Program.command("rotate-keys", folder, "SPRING_DATASOURCE_URL=" + Service.url(folder), setting);
	}

}
