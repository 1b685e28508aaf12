package accounts.web;

import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import org.apache.tomcat.util.threads.TaskThreadFactory;
import org.apache.tomcat.util.threads.ThreadPoolExecutor;

/**
 * The server's threads, of which only a few run at a time: more than the processor has
 * work for would only take it from each other and from the JVM's compilers. A request
 * that waits, whatever for, or that takes long, leaves its place to another, so that as
 * many may wait as there may be threads.
 */
final class RequestThreads extends ThreadPoolExecutor {

	/** More than one, so that none idles while a thread is being woken. */
	private static final int FOR_EACH_CORE = 3;

	/** A short request has ended by then. */
	private static final long LONG_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

	/** How often those that have no place are looked after. */
	private static final long WATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

	private static final int STOP_SECONDS = 5;

	private final int places;

	private final Queue<Runnable> requests = new ConcurrentLinkedQueue<>();

	private final Set<Worker> working = ConcurrentHashMap.newKeySet();

	/** Those that work, or are about to. */
	private final AtomicInteger workers = new AtomicInteger();

	private final Thread watcher = new Thread(this::watch, "http-watch");

	private final AtomicBoolean watching = new AtomicBoolean();

	/**
	 * Makes them.
	 * @param places how many may run at a time
	 * @param most how many there may be
	 */
	private RequestThreads(int places, int most) {
		super(places, most, 1, TimeUnit.MINUTES, new SynchronousQueue<>(),
				new TaskThreadFactory("http-exec-", true, Thread.NORM_PRIORITY));
		this.places = places;
		this.watcher.setDaemon(true);
	}

	/** So many at most, of which as many run at a time as this machine has work for. */
	static RequestThreads start(int most) {
		return start(Math.min(most, FOR_EACH_CORE * Runtime.getRuntime().availableProcessors()), most);
	}

	static RequestThreads start(int places, int most) {
		RequestThreads threads = new RequestThreads(places, most);
		threads.watcher.start();
		return threads;
	}

	@Override
	public void execute(Runnable request) {
		this.requests.add(request);
		if (enter()) {
			startWorker();
		}
		if (!this.requests.isEmpty() && this.watching.compareAndSet(false, true)) {
			LockSupport.unpark(this.watcher);
		}
	}

	/** As the server does with threads of its own: interrupts those that still work. */
	void stop() {
		shutdownNow();
		LockSupport.unpark(this.watcher);
		try {
			awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/** Whether there is a place, which is taken then. */
	private boolean enter() {
		while (true) {
			int count = this.workers.get();
			if (count >= getMaximumPoolSize() || running(count) >= this.places) {
				return false;
			}
			if (this.workers.compareAndSet(count, count + 1)) {
				return true;
			}
		}
	}

	/** How many of so many workers have a place. */
	private int running(int count) {
		if (count < this.places) {
			return count;
		}
		int running = count;
		for (Worker worker : this.working) {
			if (!worker.hasPlace()) {
				running--;
			}
		}
		return running;
	}

	/** Whether there was a thread for it; if not, the watcher tries again. */
	private boolean startWorker() {
		try {
			super.execute(this::work);
			return true;
		}
		catch (RejectedExecutionException | OutOfMemoryError ex) {
			// One that has just left is not back yet, or the system allows no more
			this.workers.decrementAndGet();
			return false;
		}
	}

	private void work() {
		do {
			try {
				work(new Worker());
			}
			finally {
				this.workers.decrementAndGet();
			}
			// One may have come after the last look, and have found no place
		}
		while (!this.requests.isEmpty() && enter());
	}

	private void work(Worker worker) {
		this.working.add(worker);
		try {
			Runnable request = this.requests.poll();
			while (request != null) {
				request.run();
				worker.begin();
				int count = this.workers.get();
				// Whoever has waited comes back to a place that another has taken
				request = (count <= this.places || running(count) <= this.places) ? this.requests.poll() : null;
			}
		}
		finally {
			this.working.remove(worker);
		}
	}

	private void watch() {
		while (!isShutdown()) {
			if (this.requests.isEmpty()) {
				this.watching.set(false);
				if (this.requests.isEmpty()) {
					LockSupport.park(this);
				}
			}
			else {
				LockSupport.parkNanos(this, WATCH_NANOS);
				try {
					lookAfter();
				}
				catch (OutOfMemoryError ex) {
					// It may be there the next time, when there must still be a watcher
				}
			}
		}
	}

	private void lookAfter() {
		endOnePlace();
		boolean started = true;
		while (started && !this.requests.isEmpty() && enter()) {
			started = startWorker();
		}
	}

	/**
	 * One at a time: on a machine that stands still all take long, and more would only
	 * make it worse.
	 */
	private void endOnePlace() {
		long now = System.nanoTime();
		for (Worker worker : this.working) {
			if (now - worker.began > LONG_NANOS && worker.hasPlace()) {
				worker.isLong = true;
				return;
			}
		}
	}

	private static final class Worker {

		private final Thread thread = Thread.currentThread();

		private volatile long began;

		private volatile boolean isLong;

		Worker() {
			begin();
		}

		void begin() {
			this.began = System.nanoTime();
			if (this.isLong) {
				this.isLong = false;
			}
		}

		/** Who waits for a monitor keeps its place, as the monitor's owner runs. */
		boolean hasPlace() {
			Thread.State state = this.thread.getState();
			return !this.isLong && state != Thread.State.WAITING && state != Thread.State.TIMED_WAITING;
		}

	}

}
