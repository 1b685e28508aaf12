package accounts.auth;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import accounts.Account;
import accounts.Application;
import accounts.Service;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** The command {@code rotate-keys}, as an operator gives it. */
class RotateKeysTests {

	@Test
	void rotatesWhileTheServiceGoesOn() throws Exception {
		Path folder = Service.folder();
		try (Service service = Service.startIn(folder, KeyTests.algorithm(SigningAlgorithm.ES256))) {
			Account account = service.account();
			Outcome outcome = rotateKeys(folder, Map.of("ACCOUNTS_TOKEN_ALGORITHM", "ES256"));
			assertThat(outcome.code).as(outcome.error).isZero();
			assertThat(outcome.error).isEmpty();
			List<String> lines = outcome.output.lines().toList();
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
		refused(folder, Map.of("ACCOUNTS_TOKEN_SECRET", secret),
				"accounts: The secret is set by ACCOUNTS_TOKEN_SECRET: set another one to change it.");
		refused(folder, Map.of("ACCOUNTS_TOKEN_ALGORITHM", "EdDSA"),
				"accounts: The database has HS256 keys, and the settings say EdDSA: start the command with the settings of the service.");
		refused(Service.folder(), Map.of(),
				"accounts: The database has no keys, and the settings say HS256: start the command with the settings of the service.");
		refused(folder, Map.of("ACCOUNTS_TOKEN_LIFETIME", "0s"),
				"accounts: accounts.token.lifetime must be from 1s to 365d.");
	}

	private static void refused(Path folder, Map<String, String> settings, String sentence) throws Exception {
		Outcome outcome = rotateKeys(folder, settings);
		assertThat(outcome.error.strip()).isEqualTo(sentence);
		assertThat(outcome.output).isEmpty();
		assertThat(outcome.code).isEqualTo(1);
	}

	private static Outcome rotateKeys(Path folder, Map<String, String> settings) throws Exception {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
						"-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"), "-XX:TieredStopAtLevel=1", "-cp",
						System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
						Application.class.getName(), "rotate-keys"));
		File output = folder.resolve("output").toFile();
		File error = folder.resolve("error").toFile();
		ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile())
			.redirectOutput(output)
			.redirectError(error);
		builder.environment().put("SPRING_DATASOURCE_URL", Service.url(folder));
		builder.environment().putAll(settings);
		int code = builder.start().waitFor();
		return new Outcome(code, read(output), read(error));
	}

	private static String read(File file) throws Exception {
		return Files.readString(file.toPath(), StandardCharsets.UTF_8);
	}

	private record Outcome(int code, String output, String error) {

	}

}
