package accounts.database;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import accounts.Service;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.dao.TransientDataAccessResourceException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What is answered is on disk, and many answers wait for it together. */
@Tag("sqlite")
class GroupCommitTests {

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final Path folder = Service.folder();

	private final Disk disk = new Disk();

	private final GroupCommit commits = new GroupCommit(this.disk::pass);

	@AfterEach
	void stop() {
		this.threads.shutdownNow();
	}

	@Test
	void whoComesWhileTheDiskIsBusyWaitsForTheNextForce() throws Exception {
		this.disk.block();
		Future<?> first = comes(1);
		this.disk.begins(1);
		Future<?> second = comes(2);
		this.disk.ends(1);
		first.get();
		this.disk.begins(2);
		assertThat(second).isNotDone();
		this.disk.ends(1);
		second.get();
		assertThat(this.disk.forces()).isEqualTo(2);
	}

	@Test
	void allWhoWaitShareOneForce() throws Exception {
		this.disk.block();
		Future<?> first = comes(1);
		this.disk.begins(1);
		List<Future<?>> others = IntStream.rangeClosed(2, 11).<Future<?>>mapToObj(this::comes).toList();
		this.disk.ends(2);
		first.get();
		for (Future<?> other : others) {
			other.get();
		}
		assertThat(this.disk.forces()).isEqualTo(2);
		assertThat(this.commits.waiting()).isZero();
	}

	@Test
	void aFailureIsToldToAllWhomTheForceWasFor() throws Exception {
		this.disk.block();
		Future<?> before = comes(1);
		this.disk.begins(1);
		List<Future<?>> covered = Stream.of(2, 3, 4).<Future<?>>map(this::comes).toList();
		this.disk.ends(1);
		before.get();
		this.disk.begins(2);
		Future<?> after = comes(4);
		this.disk.fail();
		this.disk.ends(2);
		for (Future<?> each : covered) {
			assertThatThrownBy(each::get).hasCauseInstanceOf(TransientDataAccessResourceException.class)
				.hasRootCauseMessage("The disk is broken");
		}
		after.get();
	}

	@Test
	void aWriteReturnsWhenItIsOnDiskAndNobodyElseWaitsForThat() throws Exception {
		try (Database database = open()) {
			this.disk.block();
			Future<?> first = this.threads.submit(() -> write(database, "first"));
			this.disk.begins(1);
			Future<?> second = this.threads.submit(() -> database.inTransaction(() -> write(database, "second")));
			DatabaseTests.until(() -> written(database) == 2);
			assertThat(List.of(first, second)).noneMatch(Future::isDone);
			this.disk.ends(2);
			first.get();
			second.get();
		}
	}

	@Test
	void manyWritersTakeFewForces() throws Exception {
		try (Database database = open()) {
			this.disk.block();
			CompletableFuture<?> first = CompletableFuture.runAsync(() -> write(database, "first"), this.threads);
			this.disk.begins(1);
			List<Thread> others = IntStream.rangeClosed(2, 16)
				.mapToObj((number) -> new Thread(() -> write(database, "w" + number)))
				.toList();
			others.forEach(Thread::start);
			DatabaseTests.until(() -> written(database) == 16
					&& others.stream().allMatch((thread) -> thread.getState() == Thread.State.WAITING));
			this.disk.ends(2);
			first.join();
			for (Thread other : others) {
				other.join();
			}
			assertThat(this.disk.forces()).isEqualTo(2);
		}
	}

	@Test
	void aTransactionIsForcedOnceAtItsEnd() {
		try (Database database = open()) {
			this.disk.count();
			database.inTransaction(() -> {
				write(database, "first");
				database.inTransaction(() -> write(database, "second"));
				return assertThat(this.disk.forces()).isZero();
			});
			assertThat(this.disk.forces()).isEqualTo(1);
			assertThatThrownBy(() -> database.inTransaction(() -> {
				write(database, "third");
				throw new IllegalStateException("half-way");
			})).hasMessage("half-way");
			assertThat(this.disk.forces()).isEqualTo(1);
		}
	}

	@Test
	void afterAFailureAllIsWrittenAnewBeforeTheNextAnswer() throws Exception {
		Path log = this.folder.resolve("db.sqlite3-wal");
		try (Database database = open()) {
			this.disk.fail();
			assertThatThrownBy(() -> write(database, "first")).isInstanceOf(TransientDataAccessResourceException.class)
				.hasRootCauseMessage("The disk is broken");
			assertThat(Files.size(log)).isPositive();
			write(database, "second");
			assertThat(Files.size(log)).isZero();
			write(database, "third");
			assertThat(Files.size(log)).isPositive();
			assertThat(written(database)).isEqualTo(3);
		}
	}

	/** Waits until it has come, as the one of that number who waits. */
	private Future<?> comes(int number) {
		Future<?> waiter = this.threads.submit(this.commits::await);
		DatabaseTests.until(() -> this.commits.waiting() == number);
		return waiter;
	}

	private Database open() {
		return SqliteDatabase.open(Service.url(this.folder), (file) -> new WriteAheadLog(file) {

			@Override
			void force(FileChannel log) throws IOException {
				GroupCommitTests.this.disk.pass();
				super.force(log);
			}

		});
	}

	private static int write(Database database, String email) {
		return database.writes()
			.sql("insert into \"user\" (first_name, last_name, email, password, created_on) values ('', '', ?, '', 0)")
			.param(email)
			.update();
	}

	private static int written(Database database) {
		return database.reads().sql("select count(*) from \"user\"").query(Integer.class).single();
	}

	/** Takes as long as the test wants. */
	private static final class Disk {

		private final AtomicInteger forces = new AtomicInteger();

		private final Semaphore passes = new Semaphore(Integer.MAX_VALUE);

		private volatile boolean broken;

		void pass() throws IOException {
			this.forces.incrementAndGet();
			this.passes.acquireUninterruptibly();
			if (this.broken) {
				this.broken = false;
				throw new IOException("The disk is broken");
			}
		}

		/** Counts from now on. */
		void count() {
			this.forces.set(0);
		}

		/** The same, and no force ends before it is to. */
		void block() {
			count();
			this.passes.drainPermits();
		}

		void begins(int number) {
			DatabaseTests.until(() -> this.forces.get() == number);
		}

		void ends(int more) {
			this.passes.release(more);
		}

		/** The next force to end fails. */
		void fail() {
			this.broken = true;
		}

		int forces() {
			return this.forces.get();
		}

	}

}
