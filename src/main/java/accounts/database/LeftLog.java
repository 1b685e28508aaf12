package accounts.database;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Tells whether a write-ahead log belongs to the database that it lies beside. SQLite
 * does not ask: it would bring an old log into a restored copy, and destroy both.
 *
 * <p>
 * The header of the database, its first 100 bytes, has two numbers for the use of
 * programs. Ours are a random one, drawn again and again, and the one before it. So the
 * first header in a log says which number the database had when that log began. A header
 * that SQLite has brought from the log to the database is found in both.
 * https://sqlite.org/fileformat2.html#the_write_ahead_log
 */
final class LeftLog {

	private static final int DATABASE_HEADER = 100;

	private static final int LOG_HEADER = 32;

	private static final int FRAME_HEADER = 24;

	/** Where a database's header has how often it was changed, at the least. */
	private static final int CHANGES = 24;

	/** Where a database's header has {@code user_version}. */
	private static final int NUMBER = 60;

	/** Where a database's header has {@code application_id}. */
	private static final int FORMER_NUMBER = 68;

	/** The last bit says in which order the bytes of a word are added up. */
	private static final int MAGIC = 0x377f0682;

	private LeftLog() {
	}

	/** Gives the database another number. */
	static int renumber(JdbcClient db) {
		int former = db.sql("pragma user_version").query(Integer.class).single();
		db.sql("pragma application_id = " + former).update();
		return db.sql("pragma user_version = " + ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE)).update();
	}

	/** False only if the log is of another database. */
	static boolean belongs(Path log, Path database) throws IOException {
		try (FileChannel channel = FileChannel.open(database, StandardOpenOption.READ)) {
			return belongs(log, channel);
		}
	}

	/**
	 * The same of a database that this process has open, where to close a channel of its
	 * own would end SQLite's locks.
	 */
	static boolean belongs(Path log, FileChannel database) throws IOException {
		while (true) {
			byte[] state = state(log, database);
			boolean belongs = begins(log, ByteBuffer.wrap(state, 0, DATABASE_HEADER));
			// Unless a program is at work on both
			if (belongs || Arrays.equals(state, state(log, database))) {
				return belongs;
			}
		}
	}

	private static byte[] state(Path log, FileChannel database) throws IOException {
		byte[] state = new byte[DATABASE_HEADER + LOG_HEADER];
		database.read(ByteBuffer.wrap(state, 0, DATABASE_HEADER), 0);
		try (InputStream input = Files.newInputStream(log)) {
			input.readNBytes(state, DATABASE_HEADER, LOG_HEADER);
		}
		return state;
	}

	private static boolean begins(Path log, ByteBuffer database) throws IOException {
		boolean told = false;
		try (DataInputStream input = new DataInputStream(new BufferedInputStream(Files.newInputStream(log), 1 << 16))) {
			ByteBuffer header = read(input, LOG_HEADER);
			int magic = header.getInt(0);
			int pageSize = header.getInt(8);
			long salt = header.getLong(16);
			Checksum checksum = new Checksum((magic & 1) == 1);
			checksum.add(header, 0, LOG_HEADER - Checksum.BYTES);
			if ((magic & ~1) != MAGIC || pageSize < 512 || pageSize > 65_536 || !checksum.isAt(header, 24)) {
				return true;
			}
			while (true) {
				ByteBuffer frame = read(input, FRAME_HEADER + pageSize);
				checksum.add(frame, 0, 8);
				checksum.add(frame, FRAME_HEADER, pageSize);
				if (frame.getLong(8) != salt || !checksum.isAt(frame, 16)) {
					return !told;
				}
				if (frame.getInt(0) == 1) {
					ByteBuffer page = frame.slice(FRAME_HEADER, DATABASE_HEADER);
					if (page.equals(database) || (!told && follows(page, database))) {
						return true;
					}
					told = true;
				}
			}
		}
		catch (EOFException ex) {
			return !told;
		}
	}

	/** Whether the first header in a log can come after that of the database. */
	private static boolean follows(ByteBuffer first, ByteBuffer database) {
		int number = first.getInt(NUMBER);
		int former = first.getInt(FORMER_NUMBER);
		// One that was copied by SQLite has the numbers, but begins to count anew
		int changes = first.getInt(CHANGES) - database.getInt(CHANGES);
		// A version of this program that knew of no numbers wrote a zero
		boolean unnumbered = former == database.getInt(FORMER_NUMBER)
				&& (number == database.getInt(NUMBER) || number == 0);
		return former == 0 || ((changes == 0 || changes == 1) && (former == database.getInt(NUMBER) || unnumbered));
	}

	private static ByteBuffer read(DataInputStream input, int length) throws IOException {
		byte[] bytes = new byte[length];
		input.readFully(bytes);
		return ByteBuffer.wrap(bytes);
	}

	/** Of all that SQLite has written to the log before. */
	private static final class Checksum {

		static final int BYTES = 8;

		private final ByteOrder order;

		private int even;

		private int odd;

		Checksum(boolean bigEndian) {
			this.order = bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
		}

		void add(ByteBuffer bytes, int from, int length) {
			ByteBuffer words = bytes.slice(from, length).order(this.order);
			while (words.hasRemaining()) {
				this.even += words.getInt() + this.odd;
				this.odd += words.getInt() + this.even;
			}
		}

		boolean isAt(ByteBuffer bytes, int index) {
			return bytes.getInt(index) == this.even && bytes.getInt(index + 4) == this.odd;
		}

	}

}
