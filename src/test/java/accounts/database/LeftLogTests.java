package accounts.database;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.DriverManager;
import java.util.HexFormat;
import java.util.Random;

import accounts.Service;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/** A log belongs to its own database at every moment, and to no former copy of it. */
@Tag("sqlite")
class LeftLogTests {

	private final Path file = Service.file(Service.folder());

	private final Path log = this.file.resolveSibling("db.sqlite3-wal");

	private final Path copy = this.file.resolveSibling("copy.sqlite3");

	@Test
	void whateverTwoProgramsAndAReaderDoALogIsKnownByItsDatabaseAndStrangeToFormerCopies() throws Exception {
		Random random = new Random(1);
		int strange = 0;
		try (SingleConnectionDataSource first = connection();
				SingleConnectionDataSource second = connection();
				SingleConnectionDataSource reader = connection()) {
			JdbcClient[] programs = { JdbcClient.create(first), JdbcClient.create(second) };
			programs[0].sql("create table t (x)").update();
			LeftLog.renumber(programs[0]);
			reader.getConnection().setAutoCommit(false);
			checkpoint(programs[0]);
			String copied = "";
			for (int i = 0; i < 1_000; i++) {
				JdbcClient program = programs[random.nextInt(8) / 7];
				switch (random.nextInt(8)) {
					case 0 -> program.sql("insert into t values (randomblob(20000))").update();
					case 1 -> program.sql("delete from t where rowid = (select max(rowid) from t)").update();
					case 2 -> program.sql("update t set x = randomblob(10) where rowid = 1").update();
					case 3 -> LeftLog.renumber(program);
					case 4 -> {
						reader.getConnection().rollback();
						if (random.nextInt(4) == 0) {
							JdbcClient.create(reader).sql("select count(*) from t").query(Integer.class).single();
						}
					}
					case 5 -> {
						if (checkpoint(program)) {
							String epoch = epoch();
							// A reader keeps a log from beginning anew
							if (!epoch.equals(copied)) {
								if (!copied.isEmpty()) {
									assertThat(LeftLog.belongs(this.log, this.copy)).isFalse();
									strange++;
								}
								Files.copy(this.file, this.copy, StandardCopyOption.REPLACE_EXISTING);
								copied = epoch;
							}
						}
					}
					default -> program.sql("insert into t values (1)").update();
				}
				assertThat(LeftLog.belongs(this.log, this.file)).as("after %d", i).isTrue();
			}
		}
		assertThat(strange).isGreaterThan(10);
	}

	/** A checkpoint, and after a whole one another number. */
	private boolean checkpoint(JdbcClient program) {
		boolean whole = program.sql("pragma wal_checkpoint(passive)")
			.query((row, number) -> row.getInt("log") == row.getInt("checkpointed"))
			.single();
		if (whole) {
			LeftLog.renumber(program);
		}
		return whole;
	}

	/** The numbers that SQLite draws when it begins the log anew. */
	private String epoch() throws IOException {
		try (InputStream input = Files.newInputStream(this.log)) {
			return HexFormat.of().formatHex(input.readNBytes(24), 16, 24);
		}
	}

	private SingleConnectionDataSource connection() throws Exception {
		SingleConnectionDataSource connection = new SingleConnectionDataSource(
				DriverManager.getConnection("jdbc:sqlite:" + this.file + "?journal_mode=wal&synchronous=off"), true);
		connection.setAutoCommit(true);
		return connection;
	}

}
