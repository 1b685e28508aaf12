package accounts.database;

import java.nio.file.Path;
import java.sql.Connection;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

import accounts.database.Fingerprint.Sum;
import accounts.start.StartRefused;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * What a backup says of itself, in a table of its own: when it was made, and what each
 * table came to. No service starts on a file that has it, as what was revoked since would
 * be valid again.
 *
 * @param sums by the tables' names
 */
record BackupNote(Instant madeOn, Map<String, Sum> sums) {

	static final String TABLE = "backup";

	void write(Connection connection) {
		JdbcClient db = client(connection);
		db.sql("""
				create table backup (
					name text primary key,
					row_count integer not null,
					next_id integer not null,
					sha256 text not null,
					made_on integer not null
				) strict""").update();
		this.sums.forEach((name, sum) -> db.sql("insert into backup values (?, ?, ?, ?, ?)")
			.param(name)
			.param(sum.rows())
			.param(sum.nextId())
			.param(sum.sha256())
			.param(this.madeOn.getEpochSecond())
			.update());
	}

	/** How many rows a table has. */
	long count(String table) {
		Sum sum = this.sums.get(table);
		return (sum != null) ? sum.rows() : 0;
	}

	/** Whether these are the rows that were backed up. */
	boolean holds(Map<Table, Sum> found) {
		return found.entrySet()
			.stream()
			.collect(Collectors.toMap((entry) -> entry.getKey().name(), Map.Entry::getValue))
			.equals(this.sums);
	}

	/** None in a file that another program copied. */
	static Optional<BackupNote> read(Connection connection) {
		if (!isIn(connection)) {
			return Optional.empty();
		}
		Map<String, Sum> sums = new HashMap<>();
		long madeOn = client(connection).sql("select name, row_count, next_id, sha256, made_on from backup")
			.query((row, number) -> {
				sums.put(row.getString("name"),
						new Sum(row.getLong("row_count"), row.getLong("next_id"), row.getString("sha256")));
				return row.getLong("made_on");
			})
			.list()
			.stream()
			.mapToLong(Long::longValue)
			.max()
			.orElse(0);
		return Optional.of(new BackupNote(Instant.ofEpochSecond(madeOn), sums));
	}

	/**
	 * Refuses to start on a backup.
	 * @throws StartRefused if the file is one
	 */
	static void refuse(Path file, Connection connection) {
		if (isIn(connection)) {
			throw new StartRefused("The file " + file + " is a backup, in which what was revoked since is valid: "
					+ "move it to another name, and restore it with `restore`.");
		}
	}

	private static boolean isIn(Connection connection) {
		return client(connection).sql("select count(*) from sqlite_master where type = 'table' and name = ?")
			.param(TABLE)
			.query(Integer.class)
			.single() > 0;
	}

	private static JdbcClient client(Connection connection) {
		return JdbcClient.create(new SingleConnectionDataSource(connection, true));
	}

}
