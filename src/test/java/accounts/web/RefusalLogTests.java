package accounts.web;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import accounts.Account;
import accounts.Service;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.MDC;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/** A client that is refused without end fills no disk with lines. */
@ExtendWith(OutputCaptureExtension.class)
@Tag("sqlite")
class RefusalLogTests {

	private static final Pattern NUMBER = Pattern
		.compile(" INFO  Refused (\\d+) more: (.*) request_id=- address=(\\S+)");

	/** Whoever logs writes as the service does. */
	@BeforeAll
	static void start() {
		Service.shared();
	}

	@AfterEach
	void forget() {
		MDC.clear();
	}

	@Test
	void ofManyRefusalsOfOneAddressTheFirstIsALineAndTheOthersAreNumbers(CapturedOutput output) {
		try (Service service = Service.start("accounts.proxies=127.0.0.1")) {
			Account ann = service.account();
			for (int i = 0; i < 200; i++) {
				service.client().with("X-Forwarded-For", "192.0.2.1").get("/users/").is(401);
			}
			Account.login(service.client().with("X-Forwarded-For", "192.0.2.1"), ann.email(), "wrong").is(401);
			service.client().with("X-Forwarded-For", "192.0.2.2").get("/users/").is(401);
			service.bean(RefusalLog.class).writeNumbers();

			List<MatchResult> numbers = NUMBER.matcher(output.getAll()).results().toList();
			assertThat(numbers).allSatisfy((number) -> {
				assertThat(number.group(2)).isEqualTo("Authentication failed: " + number.group(1));
				assertThat(number.group(3)).isEqualTo("192.0.2.1");
			});
			// The service may have written some by itself meanwhile
			assertThat(numbers.stream().mapToInt((number) -> Integer.parseInt(number.group(1))).sum()).isEqualTo(199);
			assertThat(numbers).hasSizeLessThan(4);
			assertThat(output.getAll().lines().filter((line) -> line.contains("Refused: Authentication failed")))
				.hasSize(2);
			assertThat(output.getAll())
				.containsPattern("Refused: Incorrect password request_id=\\S+ address=192.0.2.1 user_id=" + ann.id());
		}
	}

	@Test
	void whoWasNotRefusedForTenSecondsIsForgotten(CapturedOutput output) {
		RefusalLog log = new RefusalLog();
		MDC.put("address", "192.0.2.3");
		log.write("No");
		log.write("No");
		log.writeNumbers();
		MDC.put("address", "192.0.2.3");
		log.write("No");
		log.writeNumbers();
		log.writeNumbers();
		MDC.put("address", "192.0.2.3");
		log.write("No");
		assertThat(output.getAll().lines().filter((line) -> line.contains("Refused: No"))).hasSize(2);
		assertThat(output.getAll().lines().filter((line) -> line.contains("Refused 1 more: No: 1"))).hasSize(2);
	}

	@Test
	void manyAddressesOrManyAccountsAreNumbersTogether(CapturedOutput output) {
		RefusalLog log = new RefusalLog();
		for (int i = 0; i < 2 * RefusalLog.ADDRESSES; i++) {
			MDC.put("address", "10.0." + i / 250 + "." + i % 250);
			log.write("No");
		}
		MDC.put("address", "10.0.0.0");
		for (int i = 0; i < 100; i++) {
			MDC.put("user_id", Integer.toString(i));
			log.write("No");
		}
		MDC.clear();
		log.writeNumbers();
		assertThat(output.getAll().lines().filter((line) -> line.contains("Refused: No")))
			.hasSize(RefusalLog.ADDRESSES + RefusalLog.KINDS - 1);
		assertThat(output.getAll())
			.contains("Refused " + RefusalLog.ADDRESSES + " more: others: 1000 request_id=- " + "address=others");
		assertThat(output.getAll()).contains("Refused 91 more: others: 91 request_id=- address=10.0.0.0");
	}

	@Test
	void theCauseOfAnOutageIsToldOnceHoweverManyAreRefused(CapturedOutput output) {
		RefusalLog log = new RefusalLog();
		for (int i = 0; i < 3; i++) {
			MDC.put("address", "192.0.2." + i);
			log.write("Busy");
			log.writeCause("The database can't be used: the disk is full");
		}
		log.writeCause("The database can't be used: it is away");
		assertThat(output.getAll()).containsOnlyOnce("the disk is full").containsOnlyOnce("it is away");
	}

	@Test
	void allAddressesOfOneSubscriberAreOne(CapturedOutput output) {
		RefusalLog log = new RefusalLog();
		for (int i = 1; i < 10; i++) {
			MDC.put("address", "2001:db8:0:1::" + i);
			log.write("Authentication failed");
		}
		assertThat(output.getAll()).containsOnlyOnce("Refused: Authentication failed");
	}

}
