package accounts.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
final class FileWatch {

	private static final Logger log = LoggerFactory.getLogger(FileWatch.class);

	private final Path path;

	/** Device and inode. Windows has none, and lets nobody move an open file. */
	private final @Nullable Object key;

	private @Nullable FileTime changed;

	private boolean away;

	FileWatch(Path path) throws IOException {
		this.path = path;
		BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class);
		this.key = file.fileKey();
		this.changed = file.lastModifiedTime();
	}

	void requireInPlace() throws SQLTransientConnectionException {
		if (!isInPlace(read())) {
			throw new SQLTransientConnectionException("The file was taken away");
		}
	}

	/**
	 * Whether somebody has written to the file, which is still in its place, since the
	 * last call.
	 */
	synchronized boolean hasChanged() {
		BasicFileAttributes file = read();
		if (!isInPlace(file) || file == null) {
			return false;
		}
		boolean same = file.lastModifiedTime().equals(this.changed);
		this.changed = file.lastModifiedTime();
		return !same;
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
