package accounts.database;

import accounts.database.Store.Use;
import accounts.start.StartRefused;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The command {@code move}: takes everything from one database to another, of whichever
 * kinds they are, and proves that it arrived.
 */
@Command(name = "move", sortOptions = false,
		description = "Copies everything from one database to another, SQLite or PostgreSQL, and proves that both hold the same. "
				+ "Meanwhile a service on the first one reads but does not write; afterwards that one is marked as moved.",
		footer = "A PostgreSQL user who is not in the URL is SPRING_DATASOURCE_USERNAME with SPRING_DATASOURCE_PASSWORD.")
public final class Move extends DatabaseCommand {

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
	boolean run() {
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
			return copier().compare(from, to);
		}
	}

	private boolean move(Databases databases) {
		try (Store from = Store.open("--from", databases.from, databases.offline ? Use.READ : Use.HOLD);
				Store to = Store.open("--to", databases.to, Use.FILL)) {
			from.begin();
			from.requireNoBackup();
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
			Copier.requireSameTables(from, to);
			if (to.holdsData()) {
				return finish(from, to, databases.offline);
			}
			Copier copier = copier();
			if (!copier.report(copier.copy(from, to), copier.sums(to, "Compared"))) {
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
		if (!same || !copier().compare(from, to)) {
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
		to.commit(false);
		try {
			from.commit(false);
		}
		catch (StartRefused ex) {
			throw new StartRefused("All is in " + to.place() + ", but " + from.place()
					+ " could not be marked as moved: give the same command again, before anybody writes to it ("
					+ ex.getMessage() + ")", ex);
		}
		out().println("Moved. Set SPRING_DATASOURCE_URL to " + to.place() + " and start the service.");
	}

	private boolean reopen(String url) {
		try (Store store = Store.open("--reopen", url, Use.HOLD)) {
			store.begin();
			String place = store.mark()
				.orElseThrow(() -> new StartRefused(store.place() + " was not moved: it takes writes as it is."));
			store.unmark();
			store.commit(false);
			out().println(
					store.place() + " takes writes again. What was written to " + place + " meanwhile is not in it.");
			return true;
		}
	}

}
