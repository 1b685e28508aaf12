package accounts.user;

import java.nio.file.Files;
import java.nio.file.Path;

import accounts.Account;
import accounts.Client;
import accounts.Program;
import accounts.Service;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/** The native library and Java hash alike. */
@Tag("sqlite")
class NativeArgon2Tests {

	static String[] passwords() {
		return new String[] { "", "1234", "a\0b", "\0", "pässwörd 🦉", "e\u0301", "\ud83e", "é🦉".repeat(128),
				"x".repeat(1 << 20) };
	}

	@ParameterizedTest
	@MethodSource("passwords")
	void eachReadsTheOthersHashes(String password) {
		Argon2Encoder library = new Argon2Encoder(new PasswordSettings.Argon2(64, 1, 1), NativeArgon2.load());
		Argon2Encoder inJava = new Argon2Encoder(new PasswordSettings.Argon2(128, 3, 2), null);
		assertThat(inJava.matches(password, library.encode(password))).isTrue();
		assertThat(library.matches(password, inJava.encode(password))).isTrue();
		assertThat(inJava.matches(password + "\0", library.encode(password))).isFalse();
		assertThat(library.matches(password + "\0", inJava.encode(password))).isFalse();
	}

	@Test
	void whoSignedUpWithTheLibraryLogsInWithoutItAndBack() throws Exception {
		Path folder = Service.folder();
		Account one;
		Account other;
		try (Service service = Service.startIn(folder)) {
			one = service.account();
		}
		try (Program program = Program.start(folder, "JAVA_TOOL_OPTIONS=-Djna.tmpdir=/proc")) {
			Client client = new Client(program.address());
			Account.login(client, one.email(), one.password()).is(200);
			other = Account.signUp(client);
			program.terminate();
			assertThat(program.printed()).anyMatch((line) -> line.contains("Passwords are hashed in Java"));
		}
		try (Service service = Service.startIn(folder)) {
			Account.login(service.client(), one.email(), one.password()).is(200);
			Account.login(service.client(), other.email(), other.password()).is(200);
		}
	}

	@Test
	void theLibraryLeavesNoFilesBehindEvenWhenItsProcessIsKilled() throws Exception {
		Path folder = Service.folder();
		Path unpacked = Files.createDirectory(folder.resolve("unpacked"));
		Path home = folder.resolve("home");
		try (Program program = Program.start(folder, "JAVA_TOOL_OPTIONS=-Djna.tmpdir=" + unpacked,
				"XDG_CACHE_HOME=" + home, "LOGGING_LEVEL_ACCOUNTS_USER=debug")) {
			program.address();
			program.kill();
			assertThat(program.printed()).anyMatch((line) -> line.contains("Passwords are hashed by the native"));
		}
		assertThat(unpacked).isEmptyDirectory();
		assertThat(home).doesNotExist();
	}

}
