package accounts;

import java.time.Clock;

import accounts.auth.RotateKeys;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** The service. */
@SpringBootApplication
public class Application {

	public static void main(String[] args) {
		if (args.length > 0 && args[0].equals("rotate-keys")) {
			RotateKeys.run(args);
		}
		else {
			SpringApplication.run(Application.class, args);
		}
	}

	@Bean
	Clock clock() {
		return Clock.systemUTC();
	}

}
