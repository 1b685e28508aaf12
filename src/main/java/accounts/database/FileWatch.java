package accounts.database;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.sql.SQLTransientConnectionException;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that the file is no longer the one that was opened. SQLite would not: what it
 * wrote to a file that was moved away, or that another took the place of, would be in
 * nobody's database.
 */
final class FileWatch implements AutoCloseable {

	private static final Logger log = LoggerFactory.getLogger(FileWatch.class);

	private final Path path;

	/** Device and inode. Windows has none, and lets nobody move an open file. */
	private final @Nullable Object key;

	/**
	 * Stays open as long as SQLite's connections: to close one would end their locks.
	 */
	private final FileChannel channel;

	private @Nullable FileTime changed;

	private boolean away;

	private boolean overwritten;

	FileWatch(Path path) throws IOException {
		this.path = path;
		this.channel = FileChannel.open(path, StandardOpenOption.READ);
		BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class);
		this.key = file.fileKey();
		this.changed = file.lastModifiedTime();
	}

	void requireInPlace() throws SQLTransientConnectionException {
		if (!isInPlace(read())) {
			throw new SQLTransientConnectionException("The file was taken away");
		}
		if (isOverwritten()) {
			throw new SQLTransientConnectionException("The file was overwritten");
		}
	}

	/**
	 * Whether somebody has written to the file, which is still in its place, since the
	 * last call: SQLite, or a program that has copied another one over it.
	 */
	synchronized boolean hasChanged() {
		BasicFileAttributes file = read();
		if (!isInPlace(file) || file == null) {
			return false;
		}
		boolean same = file.lastModifiedTime().equals(this.changed);
		if (!same || this.overwritten) {
			this.changed = file.lastModifiedTime();
			checkLog();
		}
		return !same && !this.overwritten;
	}

	private synchronized boolean isOverwritten() {
		return this.overwritten;
	}

	/** A copy over the file leaves it its place, and the log of the one before. */
	private void checkLog() {
		try {
			Path database = this.path.toRealPath();
			Path log = database.resolveSibling(database.getFileName() + "-wal");
			boolean belongs = !Files.exists(log) || LeftLog.belongs(log, this.channel);
			if (!belongs && !this.overwritten) {
				FileWatch.log.error(
						"The database {} was overwritten while the service runs: nothing is written any more. Stop the "
								+ "service, and `restore --replace` a backup.",
						this.path);
			}
			this.overwritten = !belongs;
		}
		catch (IOException ex) {
			// It is looked at again in a second
			this.changed = null;
		}
	}

	@Override
	public void close() {
		try {
			this.channel.close();
		}
		catch (IOException ex) {
			// Nothing was written to it
		}
	}

	private @Nullable BasicFileAttributes read() {
		try {
			return Files.readAttributes(this.path, BasicFileAttributes.class);
		}
		catch (IOException ex) {
			return null;
		}
	}

	/** Tells the operator when it goes and when it comes back. */
	private synchronized boolean isInPlace(@Nullable BasicFileAttributes file) {
		boolean inPlace = file != null && Objects.equals(file.fileKey(), this.key);
		if (!inPlace && !this.away) {
			log.error(
					"The database {} was moved or deleted, or another file was put in its place: nothing is written "
							+ "until it is back. Put it back, or stop the service before you put another there.",
					this.path);
		}
		if (inPlace && this.away) {
			log.warn("The database {} is back: it is written again.", this.path);
		}
		this.away = !inPlace;
		return inPlace;
	}

}
