package accounts.user;

import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.crypto.password.DelegatingPasswordEncoder;

/** How passwords are hashed. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({ PasswordSettings.class, HashingSettings.class })
class UserConfiguration {

	/**
	 * A stored hash names its algorithm: {@code {argon2}…} today's, anything else the
	 * tutorial's.
	 */
	@Bean
	LimitedEncoder passwordEncoder(PasswordSettings settings, HashingSettings hashing) {
		return encoder(settings, hashing, NativeArgon2.load());
	}

	static LimitedEncoder encoder(PasswordSettings settings, HashingSettings hashing, @Nullable NativeArgon2 library) {
		DelegatingPasswordEncoder encoder = new DelegatingPasswordEncoder("argon2",
				Map.of("argon2", new Argon2Encoder(settings.argon2(), library)));
		encoder.setDefaultPasswordEncoderForMatches(new WerkzeugEncoder());
		return new LimitedEncoder(new NfcEncoder(encoder), hashing.threads(), hashing.patience(),
				(library != null) ? library::giveWay : () -> {
				});
	}

}
