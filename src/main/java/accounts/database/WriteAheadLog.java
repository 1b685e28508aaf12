package accounts.database;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import org.jspecify.annotations.Nullable;

/**
 * The file to which SQLite appends what is committed. To force it after a commit is
 * enough: SQLite brings the log's name and header to disk before the first commit in it,
 * and a checkpoint the log before the database, and the database before the log begins
 * anew. So a commit is either in the log that is forced, or in the database on disk.
 *
 * <p>
 * SQLite holds its locks on the other two files, which must be opened by nobody else:
 * closing them once would end the locks of the whole process.
 */
class WriteAheadLog implements GroupCommit.Force, AutoCloseable {

	private final Path database;

	private @Nullable FileChannel channel;

	private boolean doubtful;

	WriteAheadLog(Path database) {
		this.database = database;
	}

	/**
	 * After a force that failed, the system may hold for written what the disk doesn't
	 * have, and the next force would succeed without it: PostgreSQL stops then, to begin
	 * anew from its log. Here all is written anew, from the log to the database, before
	 * anybody is told again that a commit is on disk.
	 */
	@Override
	public void force() throws IOException {
		boolean again = this.doubtful;
		this.doubtful = true;
		if (again) {
			checkpoint();
		}
		force(channel());
		this.doubtful = false;
	}

	void force(FileChannel log) throws IOException {
		log.force(false);
	}

	/** The file stays the same as long as SQLite has a connection. */
	private FileChannel channel() throws IOException {
		// A thread that is interrupted closes it
		if (this.channel == null || !this.channel.isOpen()) {
			// SQLite follows a symbolic link to the database before it names the log
			Path file = this.database.toRealPath();
			this.channel = FileChannel.open(file.resolveSibling(file.getFileName() + "-wal"), StandardOpenOption.WRITE);
		}
		return this.channel;
	}

	private void checkpoint() throws IOException {
		try (Connection connection = SqliteDatabase.connections(SqliteFile.PREFIX + this.database).getConnection();
				Statement statement = connection.createStatement();
				ResultSet result = statement.executeQuery("pragma wal_checkpoint(truncate)")) {
			if (result.getBoolean("busy")) {
				throw new IOException("The log is in use");
			}
		}
		catch (SQLException ex) {
			throw new IOException(ex);
		}
	}

	@Override
	public void close() {
		try {
			if (this.channel != null) {
				this.channel.close();
			}
		}
		catch (IOException ex) {
			// Nothing was left to write
		}
	}

}
