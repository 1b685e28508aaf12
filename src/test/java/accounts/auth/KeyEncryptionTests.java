package accounts.auth;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import accounts.Account;
import accounts.Postgres;
import accounts.Service;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Keys in the database, which a copy of the file gives away unless there is a passphrase.
 */
@ExtendWith(OutputCaptureExtension.class)
class KeyEncryptionTests {

	private static final String PASSPHRASE = "accounts.keys.passphrase=correct horse battery stäple";

	@ParameterizedTest
	@EnumSource
	void withAPassphraseTheFileHoldsNoKey(SigningAlgorithm algorithm) throws Exception {
		Path folder = Service.folder();
		Account account;
		byte[] signing;
		byte[] sealing;
		try (Service service = Service.startIn(folder, KeyTests.algorithm(algorithm), PASSPHRASE)) {
			account = service.account();
			signing = secret(service.bean(KeyRing.class).signing());
			sealing = service.bean(KeyRing.class).sealing().getEncoded();
			assertThat(holds(folder, signing) || holds(folder, sealing)).isFalse();
		}
		assertThat(holds(folder, signing) || holds(folder, sealing)).isFalse();
		try (Service service = Service.startIn(folder, KeyTests.algorithm(algorithm), PASSPHRASE)) {
			service.client().as(account.token()).get("/users/me/").is(200);
			service.bean(KeyRing.class).rotate();
			assertThat(service.bean(SigningKeyRepository.class).all()).allMatch(SigningKeyRepository.Row::encrypted)
				.hasSize(3);
		}
	}

	@Test
	void keysKeptBeforeThePassphraseWasSetAreEncryptedAndTheirBytesGone() throws Exception {
		Path folder = Service.folder();
		Account account;
		byte[] signing;
		byte[] sealing;
		try (Service service = Service.startIn(folder)) {
			account = service.account();
			signing = secret(service.bean(KeyRing.class).signing());
			sealing = service.bean(KeyRing.class).sealing().getEncoded();
		}
		assertThat(holds(folder, signing) && holds(folder, sealing)).isTrue();
		try (Service service = Service.startIn(folder, PASSPHRASE)) {
			service.client().as(account.token()).get("/users/me/").is(200);
			assertThat(holds(folder, signing) || holds(folder, sealing)).isFalse();
		}
		assertThat(holds(folder, signing) || holds(folder, sealing)).isFalse();
	}

	@Test
	void aKeyThatIsRemovedIsGoneFromTheFile() throws Exception {
		Path folder = Service.folder();
		byte[] old;
		try (Service service = Service.startIn(folder, KeyTests.algorithm(SigningAlgorithm.EdDSA))) {
			old = secret(service.bean(KeyRing.class).signing());
			service.bean(KeyRing.class).rotate();
			service.clock().move(Duration.ofHours(2));
			service.bean(KeyRing.class).tend();
		}
		assertThat(holds(folder, old)).isFalse();
	}

	@Test
	void withoutTheRightPassphraseTheStartStopsWithASentence() {
		Path folder = Service.folder();
		Service.startIn(folder, PASSPHRASE).close();
		assertThat(refusal(folder)).isEqualTo(
				"accounts: The keys in the database are encrypted: set ACCOUNTS_KEYS_PASSPHRASE to the passphrase they were encrypted with.");
		assertThat(refusal(folder, "accounts.keys.passphrase=another")).matches(
				"accounts: The key [0-9a-f]{16} in the database was encrypted with another passphrase, or is damaged: set ACCOUNTS_KEYS_PASSPHRASE to the one it was encrypted with.");
		assertThat(refusal(folder, "accounts.keys.passphrase=")).contains("set ACCOUNTS_KEYS_PASSPHRASE");
		Service.startIn(folder, PASSPHRASE).close();
	}

	@Test
	void aKeyThatAnotherInstanceMadeWithAnotherPassphraseIsToldOnceAndRefusesNobodysToken(CapturedOutput output)
			throws Exception {
		try (Service service = Service.start(KeyTests.algorithm(SigningAlgorithm.HS256), PASSPHRASE)) {
			Account account = service.account();
			SigningKeyRepository keys = service.bean(SigningKeyRepository.class);
			SigningKeyRepository.Row last = keys.all().get(keys.all().size() - 1);
			SigningKey.Material material = SigningAlgorithm.HS256.create();
			keys.add(new SigningKeyRepository.Row("other", "HS256",
					new KeyCipher(new KeySettings("another")).encrypt("other", material.signing().getEncoded()), null,
					true, last.signsFrom() + 60), last);
			String others = Forge.token(Forge.header(account.token()).put("kid", "other").toString(),
					Forge.claims(account.token()).toString(), SigningAlgorithm.HS256, material.signing());
			for (int i = 0; i < 3; i++) {
				service.client().as(others).get("/users/me/").refused(503, "Busy");
			}
			service.bean(KeyRing.class).tend();
			service.client().as(account.token()).get("/users/me/").is(200);
			Account.login(service.client(), account.email(), account.password()).is(200);

			service.clock().move(Duration.ofMinutes(5));
			Account.login(service.client(), account.email(), account.password()).refused(503, "Busy");
			service.client().as(account.token()).get("/users/me/").is(200);
			assertThat(output.getOut().lines().filter((line) -> line.contains(" ERROR "))).singleElement()
				.asString()
				.contains("The key other in the database was encrypted with another passphrase, or is damaged: "
						+ "set ACCOUNTS_KEYS_PASSPHRASE to the one it was encrypted with. "
						+ "Until this service is started anew, it answers 503 to what needs the key. ");
		}
	}

	@Test
	void keysThatWereTamperedWithStopTheStart() {
		String algorithm = KeyTests.algorithm(SigningAlgorithm.ES256);
		Path folder = Service.folder();
		Service.startIn(folder, algorithm, PASSPHRASE).close();
		JdbcClient db = database(folder);
		db.sql("create table kept as select * from signing_key").update();
		for (String tamper : List.of("update signing_key set material = :zeros",
				"update signing_key set material = substr(material, 1, 20)",
				"update signing_key set material = :nothing",
				"update signing_key set id = 'other' where algorithm = 'ES256'",
				"update signing_key set encrypted = 0 where algorithm = 'ES256'",
				"update signing_key set public_key = :zeros where algorithm = 'ES256'",
				"update signing_key set public_key = null where algorithm = 'ES256'",
				"update signing_key set algorithm = 'EdDSA' where algorithm = 'ES256'",
				"update signing_key set algorithm = 'none' where algorithm = 'ES256'",
				"update signing_key set material = (select material from signing_key where algorithm = 'ES256')")) {
			db.sql(tamper).param("zeros", new byte[48]).param("nothing", new byte[0]).update();
			assertThat(refusal(folder, algorithm, PASSPHRASE)).as(tamper)
				.startsWith("accounts: The ")
				.contains("damaged")
				.doesNotContain("\n");
			db.sql("delete from signing_key").update();
			db.sql("insert into signing_key select * from kept").update();
		}
		Service.startIn(folder, algorithm, PASSPHRASE).close();
	}

	/** What a start that is refused says. */
	static String refusal(Path folder, String... settings) {
		PrintStream error = System.err;
		ByteArrayOutputStream said = new ByteArrayOutputStream();
		System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
		try {
			assertThatThrownBy(() -> Service.startIn(folder, settings).close()).isInstanceOf(Exception.class);
		}
		finally {
			System.setErr(error);
		}
		return said.toString(StandardCharsets.UTF_8).strip();
	}

	/** The bytes that nobody else may have. */
	private static byte[] secret(SigningKey key) {
		byte[] encoded = key.material().signing().getEncoded();
		return (key.algorithm() != SigningAlgorithm.ES256)
				? Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length)
				: Arrays.copyOfRange(encoded, 36, 36 + 20);
	}

	private static boolean holds(Path folder, byte[] secret) throws Exception {
		String needle = new String(secret, StandardCharsets.ISO_8859_1);
		for (byte[] bytes : Postgres.TESTED ? columns(folder) : files(folder)) {
			if (new String(bytes, StandardCharsets.ISO_8859_1).contains(needle)) {
				return true;
			}
		}
		return false;
	}

	private static List<byte[]> files(Path folder) throws Exception {
		List<byte[]> contents = new ArrayList<>();
		try (Stream<Path> files = Files.list(folder)) {
			for (Path file : files.toList()) {
				contents.add(Files.readAllBytes(file));
			}
		}
		return contents;
	}

	/** The server's files are not ours to read, only what it would tell somebody. */
	private static List<byte[]> columns(Path folder) {
		return database(folder).sql("select material from signing_key").query((row, number) -> row.getBytes(1)).list();
	}

	/** As another program sees it. */
	private static JdbcClient database(Path folder) {
		return JdbcClient.create(new DriverManagerDataSource(Service.url(folder)));
	}

}
