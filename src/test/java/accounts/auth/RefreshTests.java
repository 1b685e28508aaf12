package accounts.auth;

import java.nio.file.StandardCopyOption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import accounts.Account;
import accounts.Answer;
import accounts.Client;
import accounts.Postgres;
import accounts.Service;
import accounts.database.Database;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/** A refresh token works once, and no honest client is ever logged out by it. */
@ExtendWith(OutputCaptureExtension.class)
class RefreshTests {

	private static final int CLIENTS = 64;

	private static final ExecutorService THREADS = Executors.newFixedThreadPool(CLIENTS);

	/** For clients that refresh as fast as they can. */
	private static final Service UNLIMITED = Service.start("accounts.throttle.enabled=false");

	private final Service service = Service.shared();

	private final Client nobody = this.service.client();

	private final Account ann = this.service.account();

	@AfterAll
	static void stop() {
		THREADS.shutdownNow();
		UNLIMITED.close();
	}

	@Test
	@Tag("sqlite")
	void aTokenFromAfterARestoredBackupEndsNoSessionThatHasItsIdNow() throws Exception {
		Path folder = Service.folder();
		Account ann;
		Account bob;
		try (Service service = Service.startIn(folder)) {
			ann = service.account();
			bob = service.account();
		}
		Path backup = Files.copy(Service.file(folder), folder.resolve("backup"));
		Tokens forgotten;
		try (Service service = Service.startIn(folder)) {
			forgotten = Tokens.login(service, ann);
		}
		Files.copy(backup, Service.file(folder), StandardCopyOption.REPLACE_EXISTING);
		try (Service service = Service.startIn(folder)) {
			service.clock().move(Duration.ofMinutes(1));
			Tokens current = Tokens.login(service, bob);
			assertThat(current.sessionId()).isEqualTo(forgotten.sessionId());
			Tokens.refresh(service.client(), forgotten.refreshToken()).refused(401, "Session ended");
			current.areAlive();
		}
	}

	@Test
	void aRefreshTokenIsAnsweredWithTheNextPair() {
		Tokens session = Tokens.login(this.service, this.ann);
		Answer answer = session.refresh().is(200);
		assertThat(answer.json().propertyNames()).containsExactly("user_id", "token", "expires_in", "refresh_token",
				"session_id");
		assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
		assertThat(answer.json().path("user_id").longValue()).isEqualTo(this.ann.id());
		Tokens next = Tokens.of(this.nobody, answer);
		assertThat(next.sessionId()).isEqualTo(session.sessionId());
		assertThat(next.refreshToken()).isNotEqualTo(session.refreshToken());
		session.areAlive();
		next.areAlive();
		next.refreshed().areAlive();
	}

	@Test
	void theSameTokenWithinTheGraceIsAnsweredByteForByteTheSame() {
		try (Service own = Service.start()) {
			Tokens session = Tokens.login(own, own.account());
			String first = session.refresh().is(200).body();
			own.clock().move(Duration.ofSeconds(5));
			assertThat(session.refresh().is(200).body()).isEqualTo(first);

			// Also when the new token was used meanwhile
			Tokens third = session.refreshed().refreshed();
			assertThat(session.refresh().is(200).body()).isEqualTo(first);
			own.clock().move(Duration.ofSeconds(4));
			assertThat(session.refresh().is(200).body()).isEqualTo(first);
			third.areAlive();
			third.refreshed().areAlive();
		}
	}

	@Test
	void theSameTokenIsAnsweredTheSameByEveryInstanceAndAfterARestart() {
		Path folder = Service.folder();
		Tokens session;
		String first;
		try (Service one = Service.startIn(folder, "accounts.session.refresh-grace=2m");
				Service two = Service.startIn(folder, "accounts.session.refresh-grace=2m")) {
			session = Tokens.login(one, one.account());
			first = session.refresh().is(200).body();
			assertThat(Tokens.refresh(two.client(), session.refreshToken()).is(200).body()).isEqualTo(first);
		}
		try (Service again = Service.startIn(folder, "accounts.session.refresh-grace=2m")) {
			Answer answer = Tokens.refresh(again.client(), session.refreshToken()).is(200);
			assertThat(answer.body()).isEqualTo(first);
			Tokens.of(again.client(), answer).refreshed().areAlive();
		}
	}

	@Test
	void aUsedTokenThatComesAfterTheGraceEndsTheSession(CapturedOutput output) {
		try (Service own = Service.start()) {
			Account user = own.account();
			Tokens stolen = Tokens.login(own, user);
			Tokens child = stolen.refreshed();
			own.clock().move(Duration.ofSeconds(12));
			child.areAlive();

			stolen.refresh().refused(401, "Refresh token already used");
			stolen.areEnded();
			child.areEnded();
			user.client().get("/users/me/").is(200);
			stolen.refresh().refused(401, "Session ended");

			List<String> warnings = output.getAll()
				.lines()
				.filter((line) -> line.contains(" WARN ") && line.contains("refresh token"))
				.toList();
			assertThat(warnings).singleElement()
				.asString()
				.contains("A used refresh token came again: ended session " + child.sessionId() + " ")
				.contains(" user_id=" + user.id());
			for (String token : List.of(stolen.token(), stolen.refreshToken(), child.token(), child.refreshToken())) {
				assertThat(output.getAll()).doesNotContain(token);
			}
		}
	}

	@Test
	void aTokenThatWaitedForItsTurnPastTheGraceIsNoThief() {
		try (Service own = Service.start()) {
			Tokens session = Tokens.login(own, own.account());
			Tokens next = session.refreshed();
			RefreshToken used = RefreshToken.read(session.refreshToken(), own.bean(KeyRing.class).sealing())
				.orElseThrow();
			SessionRepository sessions = own.bean(SessionRepository.class);
			var asked = own.clock().instant();
			own.clock().move(Duration.ofSeconds(30));
			own.bean(Renewals.class).clearAnswers();
			assertThat(sessions.answer(used, asked)).isPresent();
			assertThat(sessions.answer(used, own.clock().instant())).isEmpty();
			next.areAlive();
		}
	}

	@Test
	void aSessionThatGot30NewTokensInAMinuteHasToWait() {
		try (Service own = Service.start()) {
			Account user = own.account();
			Tokens other = Tokens.login(own, user);
			Tokens before = Tokens.login(own, user);
			Tokens session = before.refreshed();
			for (int i = 1; i < 30; i++) {
				before = session;
				session = session.refreshed();
			}
			Answer refused = session.refresh().refused(429, "Too many attempts");
			int wait = Integer.parseInt(refused.header("Retry-After"));
			assertThat(wait).isBetween(1, 60);
			session.areAlive();
			assertThat(before.refreshed()).isEqualTo(session);
			other.refreshed().areAlive();

			own.clock().move(Duration.ofSeconds(wait));
			session.refreshed().areAlive();
		}
	}

	@Test
	void theSameAnswerAgainIsNoNewToken() {
		try (Service own = Service.start()) {
			Tokens first = Tokens.login(own, own.account());
			Tokens session = first.refreshed();
			own.clock().move(Duration.ofHours(1));
			for (int i = 0; i < 40; i++) {
				assertThat(first.refreshed().refreshToken()).isEqualTo(session.refreshToken());
			}
			for (int i = 0; i < 30; i++) {
				session = session.refreshed();
			}
			session.refresh().refused(429, "Too many attempts");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { " ", "x", "null", "====", "..", "é", "🦉",
			"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" })
	void whatWasNeverARefreshTokenIsUnknown(String token) {
		Tokens.refresh(this.nobody, token).refused(401, "Refresh token unknown");
	}

	@Test
	void anAccessTokenOrAVeryLongTextIsNoRefreshToken() {
		Tokens.refresh(this.nobody, this.ann.token()).refused(401, "Refresh token unknown");
		Tokens.refresh(this.nobody, "A".repeat(60_000)).refused(401, "Refresh token unknown");
	}

	@Test
	void aTokenWithAnyBitFlippedIsUnknownAndHarmsNobody() {
		Tokens session = Tokens.login(this.service, this.ann);
		byte[] bytes = Base64.getUrlDecoder().decode(session.refreshToken());
		assertThat(bytes.length).isGreaterThanOrEqualTo(32);
		for (int bit = 0; bit < bytes.length * 8; bit++) {
			byte[] flipped = bytes.clone();
			flipped[bit / 8] ^= (byte) (1 << (bit % 8));
			Tokens.refresh(this.nobody, Base64.getUrlEncoder().withoutPadding().encodeToString(flipped))
				.refused(401, "Refresh token unknown");
		}
		session.refreshed().areAlive();
	}

	@Test
	void aTokenWrittenInAnotherWayIsUnknownAndHarmsNobody() {
		Tokens session = Tokens.login(this.service, this.ann);
		String token = session.refreshToken();
		byte[] bytes = Base64.getUrlDecoder().decode(token);
		Set<String> others = new HashSet<>(List.of(token + "=", token + "==", token + " ", " " + token, token + ".",
				token.substring(0, token.length() - 1), token + "A", "\uff21" + token.substring(1)));
		String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
		alphabet.chars()
			.mapToObj((last) -> token.substring(0, token.length() - 1) + (char) last)
			.filter((other) -> !other.equals(token))
			.forEach(others::add);
		String standard = Base64.getEncoder().encodeToString(bytes);
		others.add(standard);
		for (String other : others) {
			Tokens.refresh(this.nobody, other).refused(401, "Refresh token unknown");
		}
		session.refreshed().areAlive();
	}

	@Test
	void aTokenOfAnotherDatabaseIsUnknown() {
		try (Service other = Service.start()) {
			Account stranger = other.account();
			for (int i = 0; i < 3; i++) {
				Tokens tokens = Tokens.login(other, stranger);
				Tokens.refresh(this.nobody, tokens.refreshToken()).refused(401, "Refresh token unknown");
			}
		}
	}

	@Test
	void theTokenMustBeThereAndText() {
		for (String body : List.of("{}", "{\"refresh_token\": \"\"}", "{\"refresh_token\": null}",
				"{\"refreshToken\": \"x\"}")) {
			this.nobody.post("/auth/refresh/", body).missing("refresh_token");
		}
		for (String body : List.of("{\"refresh_token\": 1}", "{\"refresh_token\": [\"x\"]}", "{\"refresh_token\": {}}",
				"{\"refresh_token\": \"\\n\"}")) {
			this.nobody.post("/auth/refresh/", body).wrong("refresh_token");
		}
		this.nobody.post("/auth/refresh/", "").is(400);
		this.nobody.post("/auth/refresh/", "[]").is(400);
	}

	@Test
	void aTokenThatWasNotUsedForTheIdleLimitIsExpired() {
		try (Service own = Service.start()) {
			Tokens session = Tokens.login(own, own.account());
			own.clock().move(Duration.ofDays(29));
			session = session.refreshed();
			own.clock().move(Duration.ofDays(31));
			session.refresh().refused(401, "Refresh token expired");
			stayExpired(own, session);
		}
	}

	@Test
	void aTokenOfASessionPastTheAbsoluteLimitIsExpired() {
		try (Service own = Service.start()) {
			Tokens session = Tokens.login(own, own.account());
			List<Tokens> all = new ArrayList<>(List.of(session));
			for (int day = 22; day <= 88; day += 22) {
				own.clock().move(Duration.ofDays(22));
				session = session.refreshed();
				all.add(session);
			}
			own.clock().move(Duration.ofDays(3));
			for (Tokens tokens : all) {
				tokens.refresh().refused(401, "Refresh token expired");
			}
			stayExpired(own, session);
		}
	}

	private static void stayExpired(Service own, Tokens session) {
		for (int days : new int[] { 1, 5, 5, 10, 10, 10, 100 }) {
			own.clock().move(Duration.ofDays(days));
			own.bean(Sessions.class).clear();
			session.refresh().refused(401, "Refresh token expired");
		}
		assertThat(sessions(own)).isZero();
	}

	@Test
	void aTokenOfAnEndedSessionSaysSoAlsoWhenTheSessionWasCleared() {
		try (Service own = Service.start()) {
			Account user = own.account();
			Tokens used = Tokens.login(own, user);
			Tokens session = used.refreshed();
			session.client().post("/auth/logout/", "").is(204);
			user.client().delete(user.path()).is(204);
			session.refresh().refused(401, "Session ended");
			used.refresh().refused(401, "Session ended");
			own.clock().move(Duration.ofMinutes(5));
			used.refresh().refused(401, "Session ended");
			own.clock().move(Duration.ofDays(8));
			own.bean(Sessions.class).clear();
			assertThat(sessions(own)).isZero();
			session.refresh().refused(401, "Session ended");
			used.refresh().refused(401, "Session ended");
		}
	}

	@Test
	void exactlyOneChildHoweverManyClientsRace() throws Exception {
		int rounds = Postgres.TESTED ? 300 : 1_000;
		try (Service own = Service.start("accounts.session.refresh-grace=5m", "accounts.throttle.enabled=false")) {
			Account user = own.account();
			Renewals sessions = own.bean(Renewals.class);
			Tokens first = Tokens.login(own, user);
			String token = first.refreshToken();
			for (int round = 0; round < rounds; round++) {
				String raced = token;
				Set<TokenPair> pairs = new HashSet<>(race((number) -> sessions.refresh(raced)));
				assertThat(pairs).hasSize(1);
				token = pairs.iterator().next().refreshToken();
				assertThat(token).isNotEqualTo(raced);
			}
			first.areAlive();
			Tokens.of(own.client(), Tokens.refresh(own.client(), token)).areAlive();
			assertThat(sessions(own)).isEqualTo(2);
			assertThat(children(own)).isEqualTo(rounds + 1);
			// Nobody was told of a second child: the very first token still leads to the
			// first one
			assertThat(first.refreshed().sessionId()).isEqualTo(first.sessionId());
			assertThat(children(own)).isEqualTo(rounds + 1);
		}
	}

	@Test
	void exactlyOneChildAlsoWhereTwoInstancesShareTheDatabase() throws Exception {
		int rounds = 50;
		Path folder = Service.folder();
		try (Service one = Service.startIn(folder, "accounts.session.refresh-grace=5m",
				"accounts.throttle.enabled=false");
				Service two = Service.startIn(folder, "accounts.session.refresh-grace=5m",
						"accounts.throttle.enabled=false")) {
			Tokens session = Tokens.login(one, one.account());
			for (int round = 0; round < rounds; round++) {
				String raced = session.refreshToken();
				List<Client> clients = List.of(one.client(), two.client());
				Set<String> bodies = new HashSet<>(
						race((number) -> Tokens.refresh(clients.get(number % 2), raced).is(200).body()));
				assertThat(bodies).hasSize(1);
				session = Tokens.of(clients.get(round % 2), Tokens.refresh(clients.get(round % 2), raced));
				assertThat(bodies).contains(Tokens.refresh(session.nobody(), raced).body());
			}
			session.areAlive();
			session.refreshed().areAlive();
			assertThat(sessions(one)).isEqualTo(2);
			assertThat(children(one)).isEqualTo(rounds + 1);
		}
	}

	@Test
	void noRefreshKeepsASessionAliveThatALogoutEnds() throws Exception {
		Account user = UNLIMITED.account();
		for (int round = 0; round < 20; round++) {
			Tokens session = Tokens.login(UNLIMITED, user);
			raceRefreshes(session, () -> session.client().post("/auth/logout/", "").is(204));
		}
		user.client().get("/users/me/").is(200);
	}

	@Test
	void noRefreshKeepsASessionAliveThatAChangeOfPasswordEnds() throws Exception {
		Account user = UNLIMITED.account();
		for (int round = 0; round < 20; round++) {
			Tokens session = Tokens.login(UNLIMITED, user);
			String change = "{\"password\": \"%s\"}".formatted(user.password());
			raceRefreshes(session, () -> user.client().patch(user.path(), change).is(200));
		}
		user.client().get("/users/me/").is(200);
	}

	@Test
	void noRefreshKeepsASessionAliveOfAUserWhoIsDeleted() throws Exception {
		for (int round = 0; round < 20; round++) {
			Account user = UNLIMITED.account();
			Tokens session = Tokens.login(UNLIMITED, user);
			raceRefreshes(session, () -> user.client().delete(user.path()).is(204));
		}
	}

	/** Many clients of one session refresh as fast as they can while somebody ends it. */
	private static void raceRefreshes(Tokens session, Callable<?> end) throws Exception {
		Queue<Tokens> got = new ConcurrentLinkedQueue<>(List.of(session));
		List<Future<Void>> clients = new ArrayList<>();
		CountDownLatch started = new CountDownLatch(8);
		for (int client = 0; client < 8; client++) {
			clients.add(THREADS.submit(() -> {
				Tokens tokens = session;
				Answer answer = tokens.refresh();
				started.countDown();
				while (answer.status() == 200) {
					tokens = Tokens.of(tokens.nobody(), answer);
					got.add(tokens);
					answer = tokens.refresh();
				}
				answer.refused(401, "Session ended");
				return null;
			}));
		}
		started.await();
		end.call();
		for (Future<Void> client : clients) {
			client.get();
		}
		Set.copyOf(got).forEach(Tokens::areEnded);
	}

	@Test
	void noLoginWithTheOldPasswordOutlivesItsChange() throws Exception {
		for (int round = 0; round < 5; round++) {
			Account user = this.service.account();
			Queue<Tokens> got = new ConcurrentLinkedQueue<>();
			List<Future<Void>> logins = new ArrayList<>();
			CountDownLatch started = new CountDownLatch(4);
			for (int client = 0; client < 4; client++) {
				logins.add(THREADS.submit(() -> {
					Answer answer = Account.login(this.nobody, user.email(), user.password());
					started.countDown();
					while (answer.status() == 200) {
						got.add(Tokens.of(this.nobody, answer));
						answer = Account.login(this.nobody, user.email(), user.password());
					}
					answer.refused(401, "Incorrect password");
					return null;
				}));
			}
			started.await();
			user.client().patch(user.path(), "{\"password\": \"new\"}").is(200);
			for (Future<Void> login : logins) {
				login.get();
			}
			got.forEach(Tokens::areEnded);
			assertThat(user.client().get("/auth/sessions/").is(200).json()).hasSize(1);
		}
	}

	@Test
	void noTokenIsInTheDatabase() throws IOException {
		Path folder = Service.folder();
		try (Service own = Service.startIn(folder)) {
			Tokens first = Tokens.login(own, own.account());
			Tokens second = first.refreshed();
			noneIn(folder, first, second);
			second.refreshed();
			second.client().post("/auth/logout/", "").is(204);
			noneIn(folder, first, second);
		}
	}

	private static void noneIn(Path folder, Tokens... all) throws IOException {
		StringBuilder kept = new StringBuilder();
		try (var files = Files.list(folder)) {
			for (Path file : files.toList()) {
				kept.append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
			}
		}
		for (Tokens tokens : all) {
			byte[] refreshToken = Base64.getUrlDecoder().decode(tokens.refreshToken());
			String random = new String(refreshToken, 16, 32, StandardCharsets.ISO_8859_1);
			assertThat(kept.indexOf(random)).isEqualTo(-1);
			assertThat(kept.indexOf(random.substring(0, 8))).isEqualTo(-1);
			assertThat(kept.indexOf(tokens.refreshToken())).isEqualTo(-1);
			assertThat(kept.indexOf(tokens.token())).isEqualTo(-1);
			assertThat(kept.indexOf(tokens.token().substring(tokens.token().lastIndexOf('.')))).isEqualTo(-1);
		}
	}

	/** Does the same from many threads at once. */
	private static <T> List<T> race(Racer<T> racer) throws Exception {
		CountDownLatch ready = new CountDownLatch(CLIENTS);
		List<Future<T>> racing = new ArrayList<>();
		for (int number = 0; number < CLIENTS; number++) {
			int own = number;
			racing.add(THREADS.submit(() -> {
				ready.countDown();
				ready.await();
				return racer.run(own);
			}));
		}
		List<T> results = new ArrayList<>();
		for (Future<T> result : racing) {
			results.add(result.get());
		}
		return results;
	}

	/** Sessions of any state. */
	private static int sessions(Service service) {
		return count(service, "session");
	}

	/** Refreshes of which there is a new token. */
	private static int children(Service service) {
		return count(service, "refreshed");
	}

	private static int count(Service service, String table) {
		return service.bean(Database.class).reads().sql("select count(*) from " + table).query(Integer.class).single();
	}

	/** What each of them does. */
	private interface Racer<T> {

		T run(int number) throws Exception;

	}

}
