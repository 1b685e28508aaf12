package accounts.database;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import accounts.database.Fingerprint.Sum;
import accounts.start.StartRefused;
import org.jspecify.annotations.Nullable;

/**
 * Copies one database to another, row by row, and compares the two: what {@code move},
 * {@code backup} and {@code restore} share.
 */
final class Copier {

	private static final int SHOWN = 12;

	private final PrintWriter out;

	private final PrintWriter err;

	/**
	 * Makes one.
	 * @param err hears how far it is
	 */
	Copier(PrintWriter out, PrintWriter err) {
		this.out = out;
		this.err = err;
	}

	/** Copies all rows and the ids that come next. */
	Map<Table, Sum> copy(Store from, Store to) {
		return copy(from, to, Change.NONE).read();
	}

	/** Copies all rows as the change leaves them. */
	Copied copy(Store from, Store to, Change change) {
		Map<Table, Sum> read = new LinkedHashMap<>();
		Map<Table, Sum> written = new LinkedHashMap<>();
		try (Progress progress = new Progress(this.err, "Copied", rows(from))) {
			for (Table table : from.tables()) {
				Fingerprint before = new Fingerprint(table);
				Fingerprint after = new Fingerprint(table);
				to.write(table, (rows) -> from.read(table, (row) -> {
					before.add(row);
					byte[][] changed = change.row(table, row);
					if (changed != null) {
						after.add(changed);
						rows.accept(changed);
					}
					progress.step();
				}));
				Sum sum = before.sum(from.nextId(table));
				read.put(table, sum);
				long nextId = 0;
				if (table.identity() != null) {
					nextId = change.nextId(sum.nextId());
					to.setSequence(table, nextId);
				}
				written.put(table, after.sum(nextId));
				progress.table(table, sum.rows());
			}
		}
		return new Copied(read, written);
	}

	/** Whether both hold the same; prints what each holds. */
	boolean compare(Store from, Store to) {
		requireSameTables(from, to);
		return report(sums(from, "Read --from"), sums(to, "Read --to"));
	}

	/** What a database holds. */
	Map<Table, Sum> sums(Store store, String task) {
		Map<Table, Sum> sums = new LinkedHashMap<>();
		try (Progress progress = new Progress(this.err, task, rows(store))) {
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
	static void requireSameTables(Store from, Store to) {
		if (!from.tables().equals(to.tables())) {
			throw new StartRefused(from.place() + " and " + to.place()
					+ " have different tables or columns: undo what was changed by hand.");
		}
	}

	/** Whether both sides are the same; prints what there is on both. */
	boolean report(Map<Table, Sum> from, Map<Table, Sum> to) {
		String line = "%-16s %-4s %,14d %,14d  %s  %s%n".replace("%,14d", "%14s");
		this.out.printf(Locale.ROOT, line, "table", "", "rows", "next id", "SHA-256     ", "");
		from.forEach((table, there) -> {
			Sum here = to.getOrDefault(table, there);
			print(line, table.name(), "from", there, "");
			print(line, "", "to", here, there.equals(here) ? "same" : "DIFFERENT");
		});
		this.out.flush();
		return from.equals(to);
	}

	private void print(String line, String table, String side, Sum sum, String verdict) {
		this.out.printf(Locale.ROOT, line, table, side, String.format(Locale.ROOT, "%,d", sum.rows()),
				(sum.nextId() > 0) ? String.format(Locale.ROOT, "%,d", sum.nextId()) : "-",
				sum.sha256().substring(0, SHOWN), verdict);
	}

	/**
	 * What a copy has otherwise than what it was made of.
	 */
	interface Change {

		/** Changes nothing. */
		Change NONE = new Change() {

			@Override
			public byte @Nullable [][] row(Table table, byte[][] row) {
				return row;
			}

			@Override
			public long nextId(long nextId) {
				return nextId;
			}

		};

		/** The row as it is written, or nothing if it is left out. */
		byte @Nullable [][] row(Table table, byte[][] row);

		/** The id that a table gives next, of the one that it would give. */
		long nextId(long nextId);

	}

	/**
	 * What a copy was made of, and what it is.
	 */
	record Copied(Map<Table, Sum> read, Map<Table, Sum> written) {

	}

}
