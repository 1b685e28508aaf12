package accounts.database;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;

import accounts.database.Fingerprint.Sum;
import accounts.database.Store.Use;
import accounts.start.ServiceSettings;
import accounts.start.StartRefused;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

/**
 * The command {@code move}: takes everything from one database to another, of whichever
 * kinds they are, and proves that it arrived.
 */
@Command(name = "move", sortOptions = false,
		description = "Copies everything from one database to another, SQLite or PostgreSQL, and proves that both hold the same. "
				+ "Meanwhile a service on the first one reads but does not write; afterwards that one is marked as moved.",
		footer = "A PostgreSQL user who is not in the URL is SPRING_DATASOURCE_USERNAME with SPRING_DATASOURCE_PASSWORD.")
public final class Move implements Callable<Integer> {

	private static final int SHOWN = 12;

	@Spec
	private @Nullable CommandSpec command;

	@ArgGroup(multiplicity = "1")
	private Work work = new Work();

	/** Either of two. */
	static final class Work {

		@ArgGroup(exclusive = false)
		private @Nullable Databases databases;

		@Option(names = "--reopen", paramLabel = "URL",
				description = "Takes the mark off a database that was moved, for going back to it.")
		private @Nullable String reopened;

	}

	/** From where, to where, and how. */
	static final class Databases {

		@Option(names = "--from", required = true, paramLabel = "URL",
				description = "The database that is moved, like jdbc:sqlite:db.sqlite3.")
		private String from = "";

		@Option(names = "--to", required = true, paramLabel = "URL",
				description = "An empty database or a new file, like jdbc:postgresql://127.0.0.1:5432/accounts.")
		private String to = "";

		@Option(names = "--check", description = "Compares the two and changes neither.")
		private boolean check;

		@Option(names = "--offline",
				description = "Nothing writes to the first: it is neither locked nor marked. For a copy, a standby, a rehearsal.")
		private boolean offline;

	}

	@Override
	public Integer call() {
		LoggingSystem logging = LoggingSystem.get(Move.class.getClassLoader());
		logging.setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.WARN);
		// What fails is told in one sentence
		logging.setLogLevel("org.flywaydb", LogLevel.OFF);
		try {
			ServiceSettings.read();
			return run() ? 0 : 1;
		}
		catch (StartRefused ex) {
			err().println("accounts: " + ex.getMessage());
			return 1;
		}
	}

	private boolean run() {
		if (this.work.reopened != null) {
			return reopen(this.work.reopened);
		}
		Databases databases = this.work.databases;
		if (databases == null) {
			throw new IllegalStateException("picocli gives one of the two");
		}
		return databases.check ? check(databases) : move(databases);
	}

	private boolean check(Databases databases) {
		try (Store from = Store.open("--from", databases.from, Use.READ);
				Store to = Store.open("--to", databases.to, Use.READ)) {
			from.begin();
			to.begin();
			return compare(from, to);
		}
	}

	private boolean move(Databases databases) {
		try (Store from = Store.open("--from", databases.from, databases.offline ? Use.READ : Use.HOLD);
				Store to = Store.open("--to", databases.to, Use.FILL)) {
			from.begin();
			from.mark().ifPresent((place) -> {
				throw new StartRefused(from.place() + " was moved already, to " + place
						+ ": `move --check` compares the two, `move --reopen` takes the mark off.");
			});
			if (from.isSame(to)) {
				throw new StartRefused("--from and --to are the same database: move to another.");
			}
			err().println("Moving " + from.place() + " to " + to.place());
			if (!databases.offline) {
				err().println("Until this has ended the first takes no writes.");
			}
			err().flush();
			to.begin();
			requireSameTables(from, to);
			if (to.holdsData()) {
				return finish(from, to, databases.offline);
			}
			if (!report(copy(from, to), sums(to, "Compared"))) {
				err().println("accounts: They differ, so nothing was moved.");
				return false;
			}
			seal(from, to, databases.offline);
			return true;
		}
	}

	/**
	 * An earlier move may have been killed when all was there and only the mark was
	 * missing.
	 */
	private boolean finish(Store from, Store to, boolean offline) {
		boolean same = from.tables().stream().allMatch((table) -> from.count(table) == to.count(table));
		if (!same || !compare(from, to)) {
			throw new StartRefused(to.place() + " holds data already, and not the same as " + from.place()
					+ ": move to an empty database; `move --check` shows what differs.");
		}
		seal(from, to, offline);
		return true;
	}

	/**
	 * The mark is set in the transaction that keeps others from writing: they can't be
	 * faster. It comes last, as a target without it can be finished, and a mark without a
	 * target would stop the service for nothing.
	 */
	private void seal(Store from, Store to, boolean offline) {
		if (!offline) {
			from.mark(to.place());
		}
		to.commit();
		try {
			from.commit();
		}
		catch (StartRefused ex) {
			throw new StartRefused("All is in " + to.place() + ", but " + from.place()
					+ " could not be marked as moved: give the same command again, before anybody writes to it ("
					+ ex.getMessage() + ")", ex);
		}
		out().println("Moved. Set SPRING_DATASOURCE_URL to " + to.place() + " and start the service.");
	}

	private Map<Table, Sum> copy(Store from, Store to) {
		Map<Table, Sum> sums = new LinkedHashMap<>();
		try (Progress progress = new Progress(err(), "Copied", rows(from))) {
			for (Table table : from.tables()) {
				Fingerprint fingerprint = new Fingerprint(table);
				to.write(table, (rows) -> from.read(table, (row) -> {
					fingerprint.add(row);
					rows.accept(row);
					progress.step();
				}));
				Sum sum = fingerprint.sum(from.nextId(table));
				if (table.identity() != null) {
					to.setSequence(table, sum.nextId());
				}
				sums.put(table, sum);
				progress.table(table, sum.rows());
			}
		}
		return sums;
	}

	private boolean compare(Store from, Store to) {
		requireSameTables(from, to);
		return report(sums(from, "Read --from"), sums(to, "Read --to"));
	}

	private Map<Table, Sum> sums(Store store, String task) {
		Map<Table, Sum> sums = new LinkedHashMap<>();
		try (Progress progress = new Progress(err(), task, rows(store))) {
			for (Table table : store.tables()) {
				Fingerprint fingerprint = new Fingerprint(table);
				store.read(table, (row) -> {
					fingerprint.add(row);
					progress.step();
				});
				Sum sum = fingerprint.sum(store.nextId(table));
				sums.put(table, sum);
				progress.table(table, sum.rows());
			}
		}
		return sums;
	}

	private static long rows(Store store) {
		return store.tables().stream().mapToLong(store::count).sum();
	}

	/** The same program made both, unless somebody changed one by hand. */
	private static void requireSameTables(Store from, Store to) {
		if (!from.tables().equals(to.tables())) {
			throw new StartRefused(from.place() + " and " + to.place()
					+ " have different tables or columns: undo what was changed by hand.");
		}
	}

	/** Prints what there is on both sides. */
	private boolean report(Map<Table, Sum> from, Map<Table, Sum> to) {
		String line = "%-16s %-4s %,14d %,14d  %s  %s%n".replace("%,14d", "%14s");
		out().printf(Locale.ROOT, line, "table", "", "rows", "next id", "SHA-256     ", "");
		from.forEach((table, there) -> {
			Sum here = to.getOrDefault(table, there);
			print(line, table.name(), "from", there, "");
			print(line, "", "to", here, there.equals(here) ? "same" : "DIFFERENT");
		});
		out().flush();
		return from.equals(to);
	}

	private void print(String line, String table, String side, Sum sum, String verdict) {
		out().printf(Locale.ROOT, line, table, side, String.format(Locale.ROOT, "%,d", sum.rows()),
				(sum.nextId() > 0) ? String.format(Locale.ROOT, "%,d", sum.nextId()) : "-",
				sum.sha256().substring(0, SHOWN), verdict);
	}

	private boolean reopen(String url) {
		try (Store store = Store.open("--reopen", url, Use.HOLD)) {
			store.begin();
			String place = store.mark()
				.orElseThrow(() -> new StartRefused(store.place() + " was not moved: it takes writes as it is."));
			store.unmark();
			store.commit();
			out().println(
					store.place() + " takes writes again. What was written to " + place + " meanwhile is not in it.");
			return true;
		}
	}

	private PrintWriter out() {
		return spec().commandLine().getOut();
	}

	private PrintWriter err() {
		return spec().commandLine().getErr();
	}

	private CommandSpec spec() {
		if (this.command == null) {
			throw new IllegalStateException("picocli sets it");
		}
		return this.command;
	}

}
