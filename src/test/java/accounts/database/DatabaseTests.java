package accounts.database;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

import accounts.Account;
import accounts.Answer;
import accounts.Client;
import accounts.Service;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

/** Reads and writes that meet each other, other programs and a full disk. */
@Tag("sqlite")
class DatabaseTests {

	/** Far less than a write would wait for a lock. */
	private static final Duration AT_ONCE = Duration.ofSeconds(3);

	private static final Path FOLDER = Service.folder();

	private static Service service;

	private static Database database;

	@BeforeAll
	static void start() {
		service = Service.startIn(FOLDER);
		database = service.bean(Database.class);
	}

	@AfterAll
	static void stop() {
		service.close();
	}

	@Test
	void everyConnectionIsSetSoThatAnAnsweredWriteSurvivesAPowerCut() {
		for (JdbcClient connections : List.of(database.reads(), database.writes())) {
			assertThat(pragma(connections, "journal_mode")).isEqualTo("wal");
			assertThat(pragma(connections, "foreign_keys")).isEqualTo("1");
			assertThat(pragma(connections, "busy_timeout")).isEqualTo("5000");
		}
		assertThat(pragma(database.reads(), "synchronous")).isEqualTo("2");
		// Each answer waits for the disk by itself: GroupCommitTests
		assertThat(pragma(database.writes(), "synchronous")).isEqualTo("1");
		assertThat(pragma(database.writes(), "fullfsync")).isEqualTo("1");
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void whatIsDamagedAtRunTimeIsBusyAndTheLogSaysSo(CapturedOutput output) throws Exception {
		Path folder = Service.folder();
		try (Service own = Service.startIn(folder); Sqlite sqlite = Sqlite.open(Service.file(folder))) {
			Account account = own.account();
			sqlite.rows("pragma wal_checkpoint(truncate)");
			String root = sqlite.rows("select rootpage - 1 from sqlite_master where name = 'user'").get(0);
			new ProcessBuilder("dd", "if=/dev/zero", "of=" + Service.file(folder), "bs=4096", "seek=" + root, "count=1",
					"conv=notrunc")
				.start()
				.waitFor();
			// So that nobody trusts in what was read before
			sqlite.run("update signing_key set created_on = created_on");
			account.client().get("/users/me/").refused(503, "Busy");
			assertThat(output.getOut()).contains("The database is damaged ([SQLITE_CORRUPT]")
				.contains("stop the service, and restore a backup with `restore --replace`");
		}
	}

	@Test
	void aReaderCanNotWrite() {
		assertThat(pragma(database.reads(), "query_only")).isEqualTo("1");
		assertThat(pragma(database.writes(), "query_only")).isEqualTo("0");
		JdbcClient.StatementSpec delete = database.reads().sql("delete from \"user\"");
		assertThatThrownBy(delete::update).isInstanceOf(DataAccessException.class);
	}

	@Test
	void aReaderWaitsForNoWriter() throws Exception {
		Account account = service.account();
		CountDownLatch writing = new CountDownLatch(1);
		CountDownLatch end = new CountDownLatch(1);
		Thread writer = new Thread(() -> database.inTransaction(() -> {
			database.writes().sql("update \"user\" set first_name = 'Half' where id = ?").param(account.id()).update();
			writing.countDown();
			await(end);
			return "done";
		}));
		writer.start();
		writing.await();
		assertTimeoutPreemptively(AT_ONCE, () -> {
			for (int i = 0; i < 20; i++) {
				assertThat(account.client().get("/users/me/").is(200).text("first_name")).isEqualTo("Luna");
			}
		});
		end.countDown();
		writer.join();
		assertThat(account.client().get("/users/me/").text("first_name")).isEqualTo("Half");
	}

	@Test
	void aTransactionHappensWhollyOrNotAtAll() {
		Account account = service.account();
		assertThatThrownBy(() -> database.inTransaction(() -> {
			database.writes().sql("update \"user\" set first_name = 'Half' where id = ?").param(account.id()).update();
			throw new IllegalStateException("half-way");
		})).hasMessage("half-way");
		assertThat(account.client().get("/users/me/").text("first_name")).isEqualTo("Luna");
	}

	@Test
	void aWriteWaitsForAnotherProgramAndThenIsToldToComeAgain() {
		Account account = service.account();
		try (Sqlite other = Sqlite.open(Service.file(FOLDER))) {
			other.run("begin immediate");
			Answer busy = signUp(service.client()).refused(503, "Busy");
			assertThat(busy.header("Retry-After")).isEqualTo("1");
			assertTimeoutPreemptively(AT_ONCE, () -> account.client().get("/users/").is(200));
			other.run("rollback");
		}
		signUp(service.client()).is(201);
	}

	@Test
	void aWriteIsDoneAsSoonAsAnotherProgramIs() throws Exception {
		ExecutorService threads = Executors.newSingleThreadExecutor();
		try (Sqlite other = Sqlite.open(Service.file(FOLDER))) {
			other.run("begin immediate");
			Future<Answer> signUp = threads.submit(() -> signUp(service.client()));
			assertThat(signUp).isNotDone();
			other.run("commit");
			signUp.get().is(201);
		}
		finally {
			threads.shutdown();
		}
	}

	@Test
	void manyWritersAtOnceNeverMeetALock() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(64);
		CountDownLatch go = new CountDownLatch(1);
		try {
			List<Future<List<Long>>> writers = IntStream.range(0, 64).mapToObj((number) -> threads.submit(() -> {
				await(go);
				Account account = service.account();
				account.client().patch(account.path(), "{\"last_name\": \"" + number + "\"}").is(200);
				account.client().get("/users/me/").is(200);
				long second = signUp(service.client()).is(201).json().path("id").longValue();
				account.client().delete(account.path()).is(204);
				return List.of(account.id(), second);
			})).toList();
			go.countDown();
			Long[] ids = new Long[128];
			for (int i = 0; i < 64; i++) {
				ids[2 * i] = writers.get(i).get().get(0);
				ids[2 * i + 1] = writers.get(i).get().get(1);
			}
			assertThat(ids).doesNotHaveDuplicates();
		}
		finally {
			threads.shutdown();
		}
	}

	@Test
	void healthIsUpAndHasReallyWritten() throws Exception {
		Path log = FOLDER.resolve("db.sqlite3-wal");
		byte[] before = Files.readAllBytes(log);
		until(() -> {
			assertThat(service.client().get("/health/").is(200).body()).isEqualTo("{\"status\":\"UP\"}");
			return !Arrays.equals(read(log), before);
		});
		service.client().get("/health").is(200);
		service.client().get("/health/live/").is(200);
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void aFullDiskStopsWritesAndNothingElseUntilThereIsRoom(CapturedOutput output) throws Exception {
		try (SmallDisk disk = SmallDisk.mount(); Service small = Service.startIn(disk.folder())) {
			Account account = small.account();
			small.client().get("/health/").is(200);
			disk.fill();
			until(() -> signUp(small.client()).status() == 503);
			Answer full = signUp(small.client()).refused(503, "Busy");
			assertThat(full.header("Retry-After")).isEqualTo("1");
			account.client().patch(account.path(), "{\"first_name\": \"L\"}").refused(503, "Busy");
			account.client().delete(account.path()).refused(503, "Busy");
			until(() -> small.client().get("/health/").status() == 503);
			small.client().get("/health/").refused(503, "Busy");
			small.client().get("/health/live/").is(200);
			account.client().get("/users/").is(200);
			assertThat(account.client().get("/users/me/").is(200).text("first_name")).isEqualTo("Luna");
			Account.login(small.client(), account.email(), account.password()).refused(503, "Busy");
			disk.makeRoom();
			Account.login(small.client(), account.email(), account.password()).is(200);
			signUp(small.client()).is(201);
			small.client().get("/health/").is(200);
			account.client().delete(account.path()).is(204);
		}
		assertThat(output.getOut()).contains("The database can't be used: ", "disk is full").doesNotContain("\tat ");
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void aFileThatIsTakenAwayIsNoticedAndNothingIsWrittenUntilItIsBack(CapturedOutput output) throws Exception {
		Path folder = Service.folder();
		Path file = Service.file(folder);
		Path elsewhere = folder.resolve("elsewhere.sqlite3");
		List<Account> accounts = new ArrayList<>();
		try (Service moved = Service.startIn(folder)) {
			accounts.add(moved.account());
			Files.move(file, elsewhere);
			until(() -> output.getOut()
				.contains("The database " + file + " was moved or deleted, or another file was"));
			refusesWrites(moved, accounts.get(0));
			Files.copy(elsewhere, file);
			refusesWrites(moved, accounts.get(0));
			Files.move(elsewhere, file, StandardCopyOption.REPLACE_EXISTING);
			accounts.add(moved.account());
			moved.client().get("/health/").is(200);
		}
		assertThat(output.getOut()).containsOnlyOnce("was moved or deleted")
			.containsOnlyOnce("is back: ")
			.doesNotContain("\tat ");
		try (Service again = Service.startIn(folder)) {
			accounts.forEach((account) -> again.client().as(account.token()).get("/users/me/").is(200));
		}
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void aCopyOverTheFileIsNoticedAndNothingIsWrittenAnyMore(CapturedOutput output) throws Exception {
		Path folder = Service.folder();
		Path file = Service.file(folder);
		Path copy = folder.resolve("copy.sqlite3");
		try (Service service = Service.startIn(folder)) {
			Account account = service.account();
			Sqlite.run(file, "vacuum into '" + copy + "'");
			service.account();
			// The file stays the same to the system, with other content
			assertThat(new ProcessBuilder("cp", copy.toString(), file.toString()).start().waitFor()).isZero();
			until(() -> output.getOut().contains("The database " + file + " was overwritten"));
			signUp(service.client()).refused(503, "Busy");
			account.client().delete(account.path()).refused(503, "Busy");
			until(() -> service.client().get("/health/").status() == 503);
		}
		assertThat(output.getOut()).containsOnlyOnce("was overwritten while");
	}

	private static void refusesWrites(Service service, Account account) {
		signUp(service.client()).refused(503, "Busy");
		account.client().patch(account.path(), "{\"first_name\": \"L\"}").refused(503, "Busy");
		until(() -> service.client().get("/health/").status() == 503);
		service.client().get("/health/live/").is(200);
		assertThat(account.client().get("/users/me/").is(200).text("first_name")).isEqualTo("Luna");
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void aDiskWithoutRoomForTheCopyStopsTheFirstStart(CapturedOutput output) throws Exception {
		try (SmallDisk disk = SmallDisk.mount()) {
			Path file = Service.file(disk.folder());
			Files.copy(Service.file(Sqlite.tutorial()), file);
			byte[] before = Files.readAllBytes(file);
			disk.fill();
			assertThatThrownBy(() -> Service.startIn(disk.folder()).close());
			assertThat(output.getErr().lines()).containsExactly("accounts: The database " + file
					+ " could not be copied to " + file + ".before-accounts before its first change: make room there.");
			assertThat(Files.readAllBytes(file)).isEqualTo(before);
			disk.makeRoom();
			assertThat(disk.folder().toFile().list()).containsExactly("db.sqlite3");
			Service.startIn(disk.folder()).close();
		}
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void aDiskWithoutRoomForADatabaseStopsTheStart(CapturedOutput output) throws Exception {
		try (SmallDisk disk = SmallDisk.mount()) {
			disk.fill();
			assertThatThrownBy(() -> Service.startIn(disk.folder()).close());
			assertThat(output.getErr().lines()).singleElement().asString().contains("make room, then start again.");
			assertThat(output.getOut()).isEmpty();
		}
	}

	private static Answer signUp(Client client) {
		return client.post("/users/", """
				{"first_name": "%s", "last_name": "Weasley", "email": "%s", "password": "1234"}"""
			.formatted("R".repeat(200), Account.newEmail()));
	}

	private static String pragma(JdbcClient connections, String name) {
		return connections.sql("pragma " + name).query(String.class).single();
	}

	static void until(BooleanSupplier condition) {
		assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
			while (!condition.getAsBoolean()) {
				Thread.onSpinWait();
			}
		});
	}

	private static byte[] read(Path file) {
		try {
			return Files.readAllBytes(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
