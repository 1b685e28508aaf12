package accounts;

import java.time.Clock;
import java.util.Arrays;

import accounts.start.SettingArguments;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** The service. */
@SpringBootApplication(proxyBeanMethods = false)
public class Application {

	public static void main(String[] args) {
		boolean named = args.length > 0 && args[0].equals("serve");
		String[] settings = Arrays.copyOfRange(args, named ? 1 : 0, args.length);
		if (SettingArguments.areAll(settings)) {
			SpringApplication.run(Application.class, settings);
		}
		else {
			System.exit(Commands.run(args));
		}
	}

	@Bean
	Clock clock() {
		return Clock.systemUTC();
	}

}
