package accounts.user;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

import accounts.Account;
import accounts.Service;
import accounts.database.Sqlite;
import accounts.web.Busy;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.security.crypto.password.PasswordEncoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

/**
 * How passwords are hashed, by the native library and in Java, and which hashes made
 * elsewhere are read.
 */
@ExtendWith(OutputCaptureExtension.class)
@ParameterizedClass
@ValueSource(booleans = { false, true })
class PasswordEncoderTests {

	private static final String PASSWORD = "pässwörd 🦉";

	private static final String LARGE = "scrypt:131072:8:1$sält🧂$b2a9a3779ead6910a3c0eb61d49113a41ce1fcddd9411ee57a5aec516c10addc"
			+ "2610b6789275897c6cc7d7743325b30247d3733a6354a44de61c2a72ecc2bfa6";

	@Parameter
	private boolean inJava;

	private PasswordEncoder encoder;

	@BeforeEach
	void makeEncoder() {
		this.encoder = encoder(64, 1, 1);
	}

	@Test
	void aHashNamesItsAlgorithmAndIsNeverTheSameTwice() {
		String hash = this.encoder.encode(PASSWORD);
		assertThat(hash).startsWith("{argon2}$argon2id$v=19$m=64,t=1,p=1$");
		assertThat(this.encoder.encode(PASSWORD)).isNotEqualTo(hash);
		assertThat(this.encoder.matches(PASSWORD, hash)).isTrue();
		assertThat(this.encoder.matches("pässwörd 🦊", hash)).isFalse();
	}

	/** Made with: {@code argon2 saltsaltsaltsalt -id -t 2 -k 19456 -p 1 -l 32 -e}. */
	@ParameterizedTest
	@ValueSource(strings = {
			"$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$7Hi1SuzoowP9k7DQ+xCgvtnObtMmixUM+nF3TP/BApA",
			"$argon2id$v=19$m=4096,t=3,p=4$c2FsdHNhbHRzYWx0c2FsdA$+yccGttMDrbAwOfHD+MVo1TQ5mgbhpIDC4+swT91P/0",
			"$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$55HOVVl5JdSIhIcZpKLXI+1RdzgBR8Ks" })
	void anArgon2idHashOfTheReferenceImplementationHolds(String hash) {
		assertThat(this.encoder.matches(PASSWORD, "{argon2}" + hash)).isTrue();
		assertThat(this.encoder.matches(PASSWORD + " ", "{argon2}" + hash)).isFalse();
	}

	/**
	 * Made with Python: {@code hashlib.pbkdf2_hmac}, {@code hashlib.scrypt} and, before
	 * Werkzeug 3.0, {@code hmac.new(salt, password, method)}, which are Werkzeug's.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "pbkdf2:sha1:1000$sält🧂$413686c5c897aad6356d30112d3cdf3a7a352473",
			"pbkdf2:sha224:50$sält🧂$8c29c2c8412d6a3abd23f70a54c01ecba241ec8d78dd54191e90fec0",
			"pbkdf2:sha256:260000$sält🧂$1efa100bc7e43f62f0a316b11ad500581136dadf344c0ab849c8ef0f1ab83fa2",
			"pbkdf2:sha256$sält🧂$1efa100bc7e43f62f0a316b11ad500581136dadf344c0ab849c8ef0f1ab83fa2",
			"pbkdf2:sha384:50$sält🧂$8bb6cd0e6647af01f0ae0623a8a1d66efe20a6cdbd243006256c93a6852759e4"
					+ "c2c241d821e9a5fb524e08944d266baa",
			"pbkdf2:sha512:50$sält🧂$f946686d79ce23b713cb8571bb83ab1c9b91054c704e50957d3bc63e454e0834"
					+ "c9e43ef205dd257141dfad9ade397612a4b78e180748dd448d69f0702aa66af7",
			"scrypt:2:1:1$sält🧂$a41c3d74f257bc971e7d87551941f6679d5ae8872ba49dabd8b9a06ca16cce19"
					+ "63e48b58d0cad10225781a9b9c1bb94654c386ea24003e5df0fffcc189023a35",
			"scrypt:1024:8:1$sält🧂$ab785666c5c8540c354f262b14fbf866113ff9430108b8c86c467b05ca3536fb"
					+ "ce12b9f9a8db880f92cdfe051a2194d3d9cd1527b105c67c460b7b8931688e9c",
			"scrypt:32768:8:1$sält🧂$79c27b287b09d3dafb9a788d6e7bdeea45afcb7faed2e7aee1314f023d94b6a7"
					+ "0d843ea782541086cb3e1a8c8fbeece93910e418d97e6c70724df361eb2a6e50",
			"scrypt:16:4:16$sält🧂$3bf245827d79b7291673eb776c507ebffbc13a6a3683555eb1fb242c1eb8aefc"
					+ "602592fe33ff4875db7797f76c023606bec1651620370fa9771d94a41e1d52bb",
			"scrypt:16384:8:2$sält🧂$56c2d96fd27c627544d3915193e052043b4af75d0f590aeedc7aa85d58774e04"
					+ "98860a140fd99045500fb4f30e3e9891cb7e60b2a82e200a624f3a796d0a30af",
			"pbkdf2:md5:50$sält🧂$fcc0ddec4a586d25b79f5caf5aecde6c",
			"pbkdf2:sha512_224:50$sält🧂$e888c7401bcc9e9e23d17b519d378cf9ef5c2a54ca7183552d54e4c2",
			"pbkdf2:sha512_256:50$sält🧂$81545fdf0336337cadcdf2d628966e07b06c56b66a0246d807e1dfa12001ce08",
			"pbkdf2:sha3_224:50$sält🧂$66051300fbfd1463da3260b64752c7a13ce6a52f940d1efaf140567b",
			"pbkdf2:sha3_256:50$sält🧂$5366c3ab4e60b790f43629e8d735a91205b799fd0de65ec6d439469ca5548b25",
			"pbkdf2:sha3_384:50$sält🧂$4088194afb081819f24ab17a5e505531dbf78264231a5aa966ade7b99ee556e8"
					+ "fba58e251c809a4a5bd71fe32147fbe8",
			"pbkdf2:sha3_512:50$sält🧂$7b8f45ecb1a145b5fb17cf7aafcb34a7e90500b746a7b1f9a52f30b7de454935"
					+ "784412b4e512ad294cf27e9805600c612b781a03b08a288d4806bcf321048ccc",
			"md5$sält🧂$5ba3f156b17e33f9b703f00e1b0770d8", "sha1$sält🧂$f9df04f3224dc46052617d13217245d5179acd40",
			"sha224$sält🧂$d72e53cfed651939714a7e600ad14f122d24e35bdf03c04f308fcf27",
			"sha256$sält🧂$6cc2189c1e29d63c7715069df186bd584fc0c36a7a609a1c91e7abd985fa3b53",
			"sha384$sält🧂$a70a042e369b148121b16fa5810b8a8e8459aced259749a2e2015e3020f008a1"
					+ "c46b25a7261721005bf7c161c8733ec2",
			"sha512$sält🧂$db1ba3744ca53cce7ba2c75af31fe6a5a07213d4745e4d7d7e84b82d7ee4d6eb"
					+ "17851a0ad0b7362a4ff4659a20d6764d4bbb2a2dc6611dcdadeac72c20b8bf51",
			"sha512_256$sält🧂$880657effef57e81e80753c56d8e627e4c07964af7e9a0a7defee0ce2e5e08fa",
			"sha3_256$sält🧂$89f784793328d5e1f896f5bd400e1a28f306b2d92670ea68d0b9dec6b85233f4" })
	void aHashOfTheTutorialHoldsAndIsToBeReplaced(String hash) {
		assertThat(this.encoder.matches(PASSWORD, hash)).isTrue();
		assertThat(this.encoder.matches("pässwörd 🦊", hash)).isFalse();
		assertThat(this.encoder.upgradeEncoding(hash)).isTrue();
	}

	/** Made with Python: {@code hashlib.scrypt}. */
	@Test
	void aScryptHashOf128MebibytesHolds() {
		assertThat(this.encoder.matches(PASSWORD, LARGE)).isTrue();
	}

	@Test
	void withoutRoomForALargeHashTheClientIsToldToComeAgain(CapturedOutput output) {
		AtomicLong room = new AtomicLong(128L << 20);
		LimitedEncoder cramped = new LimitedEncoder(stub(() -> {
		}), 1, Duration.ofMinutes(1), () -> {
		}, room::get);
		assertThatThrownBy(() -> cramped.matches(PASSWORD, LARGE)).isInstanceOf(Busy.class);
		assertThat(output).contains("Too little heap to hash a password: give the service more by -Xmx");
		assertThat(cramped.matches(PASSWORD, "scrypt:32768:8:1$x$" + "0".repeat(128))).isTrue();
		room.set(144L << 20);
		assertThat(cramped.matches(PASSWORD, LARGE)).isTrue();
	}

	@Test
	void aHeapThatIsExhaustedIsNoFailure() {
		LimitedEncoder exhausted = new LimitedEncoder(stub(() -> {
			throw new OutOfMemoryError("a test");
		}), 1, Duration.ofMinutes(1), () -> {
		});
		assertThatThrownBy(() -> exhausted.matches(PASSWORD, "hash")).isInstanceOf(Busy.class);
	}

	@Test
	void largeHashesAreMadeOneAtATimeAndKeepNoSmallOneWaiting() throws Exception {
		Semaphore begun = new Semaphore(0);
		Semaphore end = new Semaphore(0);
		LimitedEncoder busy = new LimitedEncoder(stub(() -> {
			begun.release();
			end.acquireUninterruptibly();
		}), 2, Duration.ofMinutes(1), () -> {
		});
		List<Thread> others = new ArrayList<>();
		for (int i = 0; i < 17; i++) {
			Thread other = new Thread(() -> busy.matches(PASSWORD, LARGE));
			other.start();
			others.add(other);
			while (other.getState() != Thread.State.WAITING && other.getState() != Thread.State.TIMED_WAITING) {
				Thread.onSpinWait();
			}
			begun.acquireUninterruptibly((i == 0) ? 1 : 0);
		}
		assertThat(begun.availablePermits()).isZero();
		assertThatThrownBy(() -> busy.matches(PASSWORD, LARGE)).isInstanceOf(Busy.class);
		Thread small = new Thread(() -> busy.encode(PASSWORD));
		small.start();
		begun.acquireUninterruptibly();
		end.release(18);
		for (Thread other : others) {
			other.join();
		}
		small.join();
		assertThat(begun.availablePermits()).isEqualTo(16);
	}

	@Test
	void aLongPasswordOfTheTutorialCountsToItsLastByte() {
		String hash = "pbkdf2:sha256:10$x$25466b977f4b4095fb17f9ae85d5e1afbf9e3ceb0b3606117a7bc3701cc75f86";
		assertThat(this.encoder.matches("é🦉".repeat(128), hash)).isTrue();
		assertThat(this.encoder.matches("é🦉".repeat(127) + "é🦊", hash)).isFalse();
		String withNul = "pbkdf2:sha256:10$x$7da62e46552d2f36b60b7a30e9728bc0f9f2643ce7a529255e930db4e353f52f";
		assertThat(this.encoder.matches("a\0b", withNul)).isTrue();
		assertThat(this.encoder.matches("a\0c", withNul)).isFalse();
	}

	@Test
	void aPasswordOf256CharactersCountsToItsLastByte() {
		String password = "é🦉".repeat(128);
		String hash = this.encoder.encode(password);
		assertThat(this.encoder.matches(password, hash)).isTrue();
		assertThat(this.encoder.matches(password.substring(0, password.length() - 2) + "🦊", hash)).isFalse();
		assertThat(this.encoder.matches(password.replaceFirst("é", "e"), hash)).isFalse();
	}

	@DisplayName("NIST 800-63B-4 3.1.1.2: normalized before it is hashed; other hashes are of what was typed")
	@Test
	void aPasswordIsHashedInNfcAndAHashOfWhatWasTypedHoldsForThat() {
		String hash = this.encoder.encode("e\u0301cole");
		assertThat(this.encoder.matches("école", hash)).isTrue();
		assertThat(this.encoder.matches("e\u0301cole", hash)).isTrue();
		String ofTyped = "{argon2}$argon2id$v=19$m=64,t=1,p=1$TGvso1dW1mvBHX1IesXcyA$"
				+ "wj85If20pDnw97y5F012soPBns3kZrjOhcYgXJ4BwKo";
		assertThat(this.encoder.matches("e\u0301cole", ofTyped)).isTrue();
		assertThat(this.encoder.matches("école", ofTyped)).isFalse();
	}

	@Test
	void aHashOfAnotherCostIsToBeReplaced() {
		String hash = this.encoder.encode(PASSWORD);
		assertThat(this.encoder.upgradeEncoding(hash)).isFalse();
		assertThat(encoder(72, 1, 1).upgradeEncoding(hash)).isTrue();
		assertThat(encoder(64, 2, 1).upgradeEncoding(hash)).isTrue();
		assertThat(encoder(64, 1, 2).upgradeEncoding(hash)).isTrue();
		assertThat(encoder(72, 2, 2).matches(PASSWORD, hash)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "scrypt:2147483648:8:1$salt$00", "scrypt:1048576:1024:1$salt$HEX64",
			"scrypt:131072:9:1$salt$HEX64", "scrypt:131072:8:5$salt$HEX64", "scrypt:262144:8:1$salt$HEX64",
			"scrypt:1024:8:999$salt$HEX64", "scrypt:1023:8:1$salt$HEX64", "scrypt:0:8:1$salt$HEX64",
			"scrypt:1:8:1$salt$HEX64", "scrypt:1024:0:1$salt$HEX64", "scrypt:1024:8:0$salt$HEX64",
			"scrypt:1024:8$salt$HEX64", "scrypt:-2:8:1$salt$HEX64", "scrypt$salt$HEX64", "scrypt:16:1:1$$HEX64",
			"scrypt:16:1:1$salt$", "scrypt:16:1:1$salt$HEX32", "scrypt:16:1:1$salt$zz",
			"pbkdf2:sha256:999999999$salt$HEX32", "pbkdf2:sha256:2000001$salt$HEX32", "pbkdf2:sha256:0$salt$HEX32",
			"pbkdf2:sha256:-1$salt$HEX32", "pbkdf2:md5:1000$salt$HEX20", "pbkdf2:sha256:1000$salt$HEX20",
			"pbkdf2:sha256:1000$salt$HEX320", "pbkdf2:sha256:1000$salt$", "pbkdf2:sha256:1000$$HEX32",
			"pbkdf2:sha256:1000$HEX32", "pbkdf2:sha256:99999999999999999999$salt$HEX32", "plain$$1234", "1234", "", "$",
			"{", "{}", "{argon2", "{argon2}", "{bcrypt}$2a$10$x", "{noop}1234", "sha256$salt$HEX20", "sha256$$HEX32",
			"md5$salt$HEX32", "pbkdf2:blake2b:1000$salt$HEX64", "pbkdf2:none:1000$salt$HEX32", "blake2b$salt$HEX64",
			"{argon2}$argon2id$v=19$m=4194304,t=100,p=1$SALT$HASH",
			"{argon2}$argon2id$v=19$m=1048577,t=1,p=1$SALT$HASH", "{argon2}$argon2id$v=19$m=1048576,t=5,p=1$SALT$HASH",
			"{argon2}$argon2id$v=19$m=999999999,t=999999999,p=1$SALT$HASH",
			"{argon2}$argon2id$v=19$m=9999999999,t=1,p=1$SALT$HASH", "{argon2}$argon2id$v=19$m=64,t=1,p=0$SALT$HASH",
			"{argon2}$argon2id$v=19$m=64,t=0,p=1$SALT$HASH", "{argon2}$argon2id$v=19$m=0,t=1,p=1$SALT$HASH",
			"{argon2}$argon2id$v=19$m=7,t=1,p=1$SALT$HASH", "{argon2}$argon2id$v=19$m=64,t=1,p=17$SALT$HASH",
			"{argon2}$argon2id$v=16$m=64,t=1,p=1$SALT$HASH", "{argon2}$argon2id$m=64,t=1,p=1$SALT$HASH",
			"{argon2}$argon2i$v=19$m=64,t=1,p=1$SALT$HASH", "{argon2}$argon2id$v=19$t=1,m=64,p=1$SALT$HASH",
			"{argon2}$argon2id$v=19$m=64,t=1,p=1,keyid=YQ,data=YQ$SALT$HASH",
			"{argon2}$argon2id$v=19$m=64,t=1,p=1$SALT", "{argon2}$argon2id$v=19$m=64,t=1,p=1$SALT$",
			"{argon2}$argon2id$v=19$m=64,t=1,p=1$$HASH", "{argon2}$argon2id$v=19$m=64,t=1,p=1$SALT$A",
			"{argon2}$argon2id$v=19$m=64,t=1,p=1$A$HASH", "{argon2}$argon2id$v=19$m=64,t=1,p=1$SALT$YQ",
			"{argon2}$argon2id$v=19$m=64,t=1,p=1$YQ$HASH", "{argon2}$argon2id$v=19$m=64,t=1,p=1$SALT$HASH$HASH",
			"$argon2id$v=19$m=64,t=1,p=1$SALT$HASH" })
	void aHashThatIsNoneOrTooDearMatchesNothingAtOnce(String text) {
		String hash = text.replace("SALT", "c2FsdHNhbHRzYWx0c2FsdA")
			.replace("HASH", "7Hi1SuzoowP9k7DQ+xCgvtnObtMmixUM+nF3TP/BApA")
			.replace("HEX320", "0".repeat(63))
			.replace("HEX16", "0".repeat(32))
			.replace("HEX20", "0".repeat(40))
			.replace("HEX32", "0".repeat(64))
			.replace("HEX64", "0".repeat(128));
		assertThat(assertTimeoutPreemptively(Duration.ofSeconds(2), () -> this.encoder.matches("1234", hash)))
			.isFalse();
	}

	@Test
	@Tag("sqlite")
	void aLoginAgainstAHashThatIsNoneIsAnIncorrectPassword() {
		Path folder = Service.folder();
		try (Service service = Service.startIn(folder); Sqlite sqlite = Sqlite.open(Service.file(folder))) {
			Account account = service.account();
			for (String hash : List.of("", "x", "{argon2}x", "scrypt:2147483648:8:1$x$00", "pbkdf2:sha256:1$x$abc",
					"{argon2}$argon2id$v=19$m=64,t=1,p=0$c2FsdHNhbHRzYWx0c2FsdA$55HOVVl5JdSIhIcZpKLXI+1RdzgBR8Ks")) {
				sqlite.run("update \"user\" set password = '" + hash + "'");
				Account.login(service.client(), account.email(), account.password()).refused(401, "Incorrect password");
			}
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { '\u0660', '\u06f0', '\u0966', '\u1c50' })
	@Tag("sqlite")
	void aHashWithNumbersInOtherDigitsLetsItsOwnerInAndIsPutRight(int zero) {
		Path folder = Service.folder();
		try (Service service = Service.startIn(folder); Sqlite sqlite = Sqlite.open(Service.file(folder))) {
			Account account = service.account();
			String hash = "select password from \"user\"";
			String good = sqlite.rows(hash).get(0);
			// As earlier versions wrote it where the system's language has such digits
			String cost = "m=64,t=1,p=1".chars()
				.map((letter) -> Character.isDigit(letter) ? letter - '0' + zero : letter)
				.collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
				.toString();
			sqlite.run("update \"user\" set password = replace(password, 'm=64,t=1,p=1', '" + cost + "')");
			assertThat(sqlite.rows(hash)).doesNotContain(good);
			Account.login(service.client(), account.email(), account.password() + "x")
				.refused(401, "Incorrect password");
			Account.login(service.client(), account.email(), account.password()).is(200);
			assertThat(sqlite.rows(hash)).singleElement().asString().startsWith("{argon2}$argon2id$v=19$m=64,t=1,p=1$");
		}
	}

	@Test
	void asManyPasswordsAsCanWaitDoSoAndTheNextIsToldToComeAgain() throws Exception {
		CountDownLatch end = new CountDownLatch(1);
		LimitedEncoder busy = new LimitedEncoder(stub(() -> {
			try {
				end.await();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}), 1, Duration.ofMinutes(1), () -> {
		});
		SimpleMeterRegistry meters = new SimpleMeterRegistry();
		busy.bindTo(meters);
		List<Thread> others = new ArrayList<>();
		for (int i = 0; i < 65; i++) {
			Thread other = new Thread(() -> busy.encode(PASSWORD));
			other.start();
			others.add(other);
			while (other.getState() != Thread.State.WAITING && other.getState() != Thread.State.TIMED_WAITING) {
				Thread.onSpinWait();
			}
		}
		assertThatThrownBy(() -> busy.encode(PASSWORD)).isInstanceOf(Busy.class);
		assertThatThrownBy(() -> busy.matches(PASSWORD, "hash")).isInstanceOf(Busy.class);
		assertThat(meters.get("accounts.password.hash.waiting").gauge().value()).isEqualTo(64);
		assertThat(meters.get("accounts.password.hash.refused").functionCounter().count()).isEqualTo(2);
		end.countDown();
		for (Thread other : others) {
			other.join();
		}
		assertThat(busy.encode(PASSWORD)).isEqualTo("hash");
		assertThat(meters.get("accounts.password.hash.waiting").gauge().value()).isZero();
		assertThat(meters.get("accounts.password.hash").timer().count()).isEqualTo(66);
	}

	/** One that only does that, and takes any password for the right one. */
	private static PasswordEncoder stub(Runnable work) {
		return new PasswordEncoder() {

			@Override
			public String encode(CharSequence password) {
				work.run();
				return "hash";
			}

			@Override
			public boolean matches(CharSequence password, String hash) {
				work.run();
				return true;
			}

		};
	}

	private PasswordEncoder encoder(int memory, int iterations, int parallelism) {
		return UserConfiguration.encoder(
				new PasswordSettings(1, 256, false, false, "accounts", false,
						new PasswordSettings.Argon2(memory, iterations, parallelism)),
				new HashingSettings(0, Duration.ofSeconds(3)), this.inJava ? null : NativeArgon2.load());
	}

}
