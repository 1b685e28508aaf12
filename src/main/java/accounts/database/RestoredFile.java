package accounts.database;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

import accounts.start.StartRefused;
import org.jspecify.annotations.Nullable;

/**
 * Puts a restored file in the place of a database and its log. No system replaces two
 * files at one moment, and a log beside another database destroys it. So the file first
 * gets a name that says that the place is its own: from that moment on it is the
 * database, and whoever opens the database next does what is left to do.
 */
final class RestoredFile implements AutoCloseable {

	/** What SQLite keeps beside a database. */
	static final List<String> LOGS = List.of("-wal", "-shm", "-journal");

	/** Where SQLite locks a file: https://sqlite.org/fileformat2.html#lockbyte */
	private static final long LOCKS = 1L << 30;

	private static final long LOCKS_SIZE = 512;

	/** More links than anybody chains; they may lead in a circle. */
	private static final int LINKS = 40;

	private final Path database;

	private final @Nullable FileChannel lock;

	private @Nullable Path old;

	private RestoredFile(Path database, @Nullable FileChannel lock) {
		this.database = database;
		this.lock = lock;
	}

	/**
	 * Takes the place of a database, so that no service opens it until this is closed.
	 * @throws StartRefused if a service has it open
	 */
	static RestoredFile of(Path path) {
		Path database = followed(path.toAbsolutePath().normalize());
		finish(database);
		Path folder = database.getParent();
		if (folder == null || !Files.isDirectory(folder) || !SqliteFile.isWritable(folder)
				|| (Files.exists(database) && !Files.isRegularFile(database))) {
			throw new StartRefused("The database " + database
					+ " can't be replaced: it must be a file, in a folder that can be written to.");
		}
		try {
			return new RestoredFile(database, Files.exists(database) ? lock(database) : null);
		}
		catch (IOException ex) {
			throw new StartRefused("The database " + database + " can't be opened: check its permissions.", ex);
		}
	}

	/**
	 * By SQLite's own locks, which need no file that can still be read: as long as
	 * somebody has a database in WAL mode open, one of them is held.
	 */
	private static FileChannel lock(Path database) throws IOException {
		FileChannel channel = FileChannel.open(database, StandardOpenOption.READ, StandardOpenOption.WRITE);
		FileLock lock = channel.tryLock(LOCKS, LOCKS_SIZE, false);
		if (lock == null) {
			channel.close();
			throw new StartRefused("The database " + database + " is in use: stop the service, then try again.");
		}
		return channel;
	}

	Path database() {
		return this.database;
	}

	/** The folder in which the old files are, if there were any. */
	Optional<Path> old() {
		return Optional.ofNullable(this.old);
	}

	/** Makes a file that is whole, and on disk, the database. */
	void put(Path whole) throws IOException {
		keepOwner(whole);
		Files.move(whole, restored(this.database), StandardCopyOption.ATOMIC_MOVE);
		try {
			SqliteStore.forceFolder(this.database);
			// Windows moves no file that somebody has open
			close();
			this.old = finish(this.database);
		}
		catch (IOException | StartRefused ex) {
			throw new StartRefused("All is restored to " + restored(this.database) + ", but it could not be moved to "
					+ this.database + " (" + ex.getMessage() + "): the next start does that.", ex);
		}
	}

	/** Root may restore what another user's service opens. */
	private void keepOwner(Path whole) {
		try {
			PosixFileAttributeView old = Files.getFileAttributeView(this.database, PosixFileAttributeView.class);
			PosixFileAttributeView made = Files.getFileAttributeView(whole, PosixFileAttributeView.class);
			if (Files.exists(this.database) && old != null && made != null) {
				PosixFileAttributes kept = old.readAttributes();
				made.setGroup(kept.group());
				made.setOwner(kept.owner());
			}
		}
		catch (IOException ex) {
			// Only root may: the start says so if it can't open the file
		}
	}

	/**
	 * Refuses to read a database in whose place another was restored.
	 * @throws StartRefused if a restore was stopped before its last steps
	 */
	static void refuseUnfinished(Path path) {
		Path restored = restored(followed(path));
		if (Files.exists(restored)) {
			throw new StartRefused("A restore was stopped when all but moving files was done, and left " + restored
					+ ": start the service on it, or move it away if the database without it is the one you want.");
		}
	}

	/**
	 * Does what is left to do if a restore was stopped.
	 * @return the folder in which the old files are, if it was done now and there were
	 * any
	 */
	static @Nullable Path finish(Path path) {
		Path database = followed(path);
		Path restored = restored(database);
		if (!Files.exists(restored)) {
			return null;
		}
		try (FileChannel channel = FileChannel.open(restored, StandardOpenOption.WRITE)) {
			Objects.requireNonNull(channel.lock());
			if (Files.exists(database)) {
				// A version that knows no restore may serve from it
				lock(database).close();
			}
			// Another program may have been faster
			return Files.exists(restored) ? finish(database, restored) : null;
		}
		catch (NoSuchFileException ex) {
			return null;
		}
		catch (IOException ex) {
			throw new StartRefused("The restored database " + restored + " can't be moved to " + database
					+ ": check the permissions of both and of the folder.", ex);
		}
	}

	private static @Nullable Path finish(Path database, Path restored) throws IOException {
		// Move the database last: a restart finds the same folder by it
		List<Path> left = Stream.concat(LOGS.stream(), Stream.of(""))
			.map((suffix) -> SqliteStore.sibling(database, suffix))
			.filter(Files::exists)
			.toList();
		Path folder = left.isEmpty() ? null : folder(database, left);
		for (Path file : left) {
			Files.move(file, Objects.requireNonNull(folder).resolve(file.getFileName()));
		}
		Files.move(restored, database, StandardCopyOption.ATOMIC_MOVE);
		SqliteStore.forceFolder(database);
		return folder;
	}

	/** The first that none of the files is in, nor the database. */
	private static Path folder(Path database, List<Path> files) throws IOException {
		Path folder = Stream.iterate(1, (number) -> number + 1)
			.map((number) -> SqliteStore.sibling(database, ".before-restore" + ((number == 1) ? "" : "-" + number)))
			.filter((free) -> Stream.concat(files.stream(), Stream.of(database))
				.noneMatch((file) -> Files.exists(free.resolve(file.getFileName()))))
			.findFirst()
			.orElseThrow();
		if (!Files.isDirectory(folder)) {
			Files.createDirectory(folder);
			if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
				Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
			}
		}
		return folder;
	}

	/** What is a restored file's name until it has the database's. */
	private static Path restored(Path database) {
		return SqliteStore.sibling(database, ".restored");
	}

	/** Where a symbolic link leads: SQLite has the log there. */
	private static Path followed(Path path) {
		try {
			Path followed = path;
			for (int i = 0; i < LINKS && Files.isSymbolicLink(followed); i++) {
				followed = followed.resolveSibling(Files.readSymbolicLink(followed)).normalize();
			}
			return followed;
		}
		catch (IOException ex) {
			return path;
		}
	}

	@Override
	public void close() {
		try {
			if (this.lock != null) {
				this.lock.close();
			}
		}
		catch (IOException ex) {
			// It has gone by itself
		}
	}

}
