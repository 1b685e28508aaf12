package accounts.auth;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Which secrets may sign tokens. */
class WeakSecretsTests {

	@DisplayName("ASVS 13.2.3: a secret that somebody may guess is refused")
	@ParameterizedTest
	@ValueSource(strings = { "", "super-secret-string", "0123456789abcdef0123456789abcde",
			// Fewer than ten characters
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "passwordpasswordpasswordpassword1",
			"123456781234567887654321812345678765432",
			// Repeated
			"12345678901234567890123456789012", "0123456789abcdef0123456789abcdef", "kT7!mQ2@xW9#pL4$kT7!mQ2@xW9#pL4$",
			"kT7!mQ2@xW9#pL4$zz KT7!MQ2@XW9#PL4$ZZ", "kT7!mQ2@xW9#pL4$kT7!mQ2@xW9#pL4$kT7!mQ",
			// In order
			"abcdefghijklmnopqrstuvwxyz012345", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
			"zyxwvutsrqponmlkjihgfedcba9876543210", "aabbccddeeffgghhiijjkkllmmnnoopp",
			// Published
			"my_very_long_and_safe_secret_key", "MY_VERY_LONG_AND_SAFE_SECRET_KEY",
			"a-string-secret-at-least-256-bits-long", "your-super-secret-jwt-token-with-at-least-32-characters-long",
			"404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970",
			"09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7" })
	void aSecretThatSomebodyMayGuessIsWeak(String secret) {
		assertThat(WeakSecrets.contains(secret)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "9f1c8d0e77a64b52b3c15e0a4d8f2b6c", "jRlZD9fiooeWpJJ9T8wwsgSHHeox2s2v8ZkgXSZlqlwl1qwQ",
			"correct horse battery staple, and a donkey", "пароль, который никто не угадает" })
	void aSecretThatNobodyGuessesIsNot(String secret) {
		assertThat(WeakSecrets.contains(secret)).isFalse();
	}

	@Test
	void whatIsMadeAsTheSentenceSaysIsNot() {
		byte[] bytes = new byte[48];
		for (int i = 0; i < 100; i++) {
			new SecureRandom().nextBytes(bytes);
			assertThat(WeakSecrets.contains(Base64.getEncoder().encodeToString(bytes))).isFalse();
			assertThat(WeakSecrets.contains(HexFormat.of().formatHex(bytes))).isFalse();
		}
	}

}
