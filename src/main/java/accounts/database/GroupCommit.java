package accounts.database;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import org.springframework.dao.TransientDataAccessResourceException;

/**
 * Commits that go to disk together. While the log is forced, others commit: the first of
 * them leads a group, which all join who come before that force has ended, and has the
 * log forced again for all of it. None goes with a force that had begun before, as that
 * may have passed its commit by.
 */
final class GroupCommit {

	private final Force log;

	private final AtomicInteger waiting = new AtomicInteger();

	private volatile Group next = new Group(CompletableFuture.completedFuture(true));

	GroupCommit(Force log) {
		this.log = log;
	}

	/**
	 * Returns when all that was committed before the call is on disk.
	 * @throws TransientDataAccessResourceException if it may not be
	 */
	void await() {
		Group group = this.next;
		this.waiting.incrementAndGet();
		try {
			if (group.led.compareAndSet(false, true)) {
				lead(group);
			}
			group.forced.join();
		}
		catch (CompletionException ex) {
			throw new TransientDataAccessResourceException("Committed, but maybe not on disk", ex);
		}
		finally {
			this.waiting.decrementAndGet();
		}
	}

	private void lead(Group group) {
		group.former.exceptionally((failure) -> false).join();
		this.next = new Group(group.forced);
		try {
			this.log.force();
			group.forced.complete(true);
		}
		catch (Throwable ex) {
			// Whatever it was, nobody may be told that their commit is on disk
			group.forced.completeExceptionally(ex);
		}
	}

	/** How many wait for the disk. */
	int waiting() {
		return this.waiting.get();
	}

	/** Brings to disk what was written before. */
	interface Force {

		void force() throws IOException;

	}

	/** Those whom one force covers. */
	private static final class Group {

		final CompletableFuture<Boolean> former;

		final CompletableFuture<Boolean> forced = new CompletableFuture<>();

		final AtomicBoolean led = new AtomicBoolean();

		Group(CompletableFuture<Boolean> former) {
			this.former = former;
		}

	}

}
