package accounts.auth;

import java.time.Duration;

import accounts.Account;
import accounts.Answer;
import accounts.Service;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The machine's clock is set, forth or back. */
class ClockTests {

	private static final String FAILED = "Authentication failed";

	@Test
	void afterAJumpForthNoTokenLivesLongerThanItShould() {
		try (Service service = Service.start("accounts.token.lifetime=30m")) {
			Account account = service.account();
			service.clock().move(Duration.ofHours(1));
			account.client().get("/users/me/").refused(401, FAILED);
			service.account().client().get("/users/me/").is(200);
		}
	}

	@Test
	void aTokenThatHoldsStillHoldsAfterAJumpBackAndNoLongerThanItsExpiry() {
		try (Service service = Service.start("accounts.token.lifetime=30m")) {
			Account account = service.account();
			service.clock().move(Duration.ofHours(-1));
			account.client().get("/users/me/").is(200);
			service.clock().move(Duration.ofMinutes(89));
			account.client().get("/users/me/").is(200);
			service.clock().move(Duration.ofMinutes(2));
			account.client().get("/users/me/").refused(401, FAILED);
		}
	}

	@Test
	void aTokenMadeWhileTheClockWasAheadHoldsWhenItIsRightAgain() {
		try (Service service = Service.start()) {
			service.clock().move(Duration.ofHours(1));
			Account account = service.account();
			service.clock().reset();
			account.client().get("/users/me/").is(200);
			account.client().get("/auth/sessions/").is(200);
			account.client().patch(account.path(), "{\"password\": \"another\"}").is(200);
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, -1 })
	void whoIsLoggedInStaysSoThroughAJumpAndBack(int hours) {
		try (Service service = Service.start()) {
			Account account = service.account();
			String token = Account.login(service.client(), account.email(), account.password()).text("refresh_token");
			for (int jump : new int[] { hours, -hours, hours, -hours }) {
				service.clock().move(Duration.ofHours(jump));
				Answer next = service.client().post("/auth/refresh/", "{\"refresh_token\": \"" + token + "\"}").is(200);
				service.client().as(next.text("token")).get("/users/me/").is(200);
				token = next.text("refresh_token");
			}
		}
	}

}
