package accounts.database;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import accounts.start.StartRefused;
import accounts.web.Texts;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteOpenMode;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * A SQLite file as it was found, before anything in it is touched.
 *
 * @param path where it is
 * @param content what is in it
 */
record SqliteFile(Path path, Content content) {

	static final String PREFIX = "jdbc:sqlite:";

	private static final Logger log = LoggerFactory.getLogger(SqliteFile.class);

	private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

	/** The columns of the tutorial's table. */
	private static final Set<String> TUTORIAL = Set.of("id", "first_name", "last_name", "email", "password",
			"created_on");

	private static final Set<PosixFilePermission> OWNER_ALONE = PosixFilePermissions.fromString("rw-------");

	private static final Set<PosixFilePermission> OTHERS = PosixFilePermissions.fromString("---rwxrwx");

	/** How long a start looks for damage. */
	private static final long CHECK_NANOS = 300_000_000;

	private static final int CHECK_STEPS = 10_000;

	/** What a file may hold. */
	enum Content {

		/** Nothing yet. */
		NOTHING,

		/** The users of the tutorial's Flask application. */
		TUTORIAL,

		/** Ours, as old as this program or older. */
		OURS

	}

	/**
	 * Looks at the file without changing it.
	 * @throws StartRefused if it is none that the service could work on
	 */
	static SqliteFile find(String url) {
		Path path = path(url).toAbsolutePath().normalize();
		Path folder = path.getParent();
		if (folder == null || (Files.exists(path) && !Files.isRegularFile(path))) {
			throw new StartRefused("The database " + path + " is no file: name a file in SPRING_DATASOURCE_URL.");
		}
		if (!Files.isDirectory(folder)) {
			throw new StartRefused("The database's folder " + folder
					+ " does not exist: make it, or set SPRING_DATASOURCE_URL to a file elsewhere.");
		}
		if (!isWritable(folder)) {
			throw new StartRefused("The database's folder " + folder
					+ " can't be written to: allow it, or set SPRING_DATASOURCE_URL to a file elsewhere.");
		}
		Path old = RestoredFile.finish(path);
		if (old != null) {
			log.warn("A restore that was stopped is done now: the files that were there are in {}", old);
		}
		refuseStrayLog(path);
		try {
			if (!Files.exists(path) || Files.size(path) == 0) {
				return new SqliteFile(path, Content.NOTHING);
			}
			if (!isWritable(path)) {
				throw new StartRefused("The database " + path
						+ " is read-only: allow writing, or set SPRING_DATASOURCE_URL to another file.");
			}
			if (!startsLikeSqlite(path)) {
				throw notOurs(path, "is no SQLite database");
			}
		}
		catch (IOException ex) {
			throw new StartRefused("The database " + path + " can't be read: check the file and its permissions.", ex);
		}
		return new SqliteFile(path, content(path));
	}

	/**
	 * Makes a file that nobody but its owner may read, or takes the right from the others
	 * if it is there: it holds keys and password hashes. SQLite gives the files that it
	 * makes beside it the same permissions. Windows has none of the kind.
	 */
	static void keepPrivate(Path file) throws IOException {
		if (Files.isSymbolicLink(file)) {
			keepPrivate(file.resolveSibling(Files.readSymbolicLink(file)));
		}
		else if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
			if (Files.exists(file)) {
				Files.setPosixFilePermissions(file, OWNER_ALONE);
			}
			else {
				Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNER_ALONE));
			}
		}
	}

	/**
	 * The file, and copies and logs beside it, as far as others may do more than see
	 * their names.
	 */
	List<String> openToOthers() {
		try (Stream<Path> files = Files.list(this.path.getParent())) {
			return files.filter((each) -> each.getFileName().toString().startsWith(this.path.getFileName().toString()))
				.filter(SqliteFile::isOpenToOthers)
				.map((each) -> each.getFileName().toString())
				.sorted()
				.toList();
		}
		catch (IOException | UncheckedIOException ex) {
			// The folder may be written to and not be listed
			return List.of();
		}
	}

	private static boolean isOpenToOthers(Path file) {
		PosixFileAttributeView posix = Files.getFileAttributeView(file, PosixFileAttributeView.class);
		try {
			return posix != null && Files.isRegularFile(file)
					&& !Collections.disjoint(posix.readAttributes().permissions(), OTHERS);
		}
		catch (IOException ex) {
			// It has gone, or is not ours to know about
			return false;
		}
	}

	/**
	 * Looks for a write-ahead log of another database at the path, which SQLite would
	 * delete, or bring into the file that is there now.
	 * @throws StartRefused if there is one; neither file is touched
	 */
	static void refuseStrayLog(Path path) {
		try {
			boolean exists = Files.exists(path);
			// SQLite follows a symbolic link to the database before it names the log
			Path database = exists ? path.toRealPath() : path;
			Path log = database.resolveSibling(database.getFileName() + "-wal");
			if (!Files.exists(log) || Files.size(log) == 0) {
				return;
			}
			if (!exists || Files.size(database) == 0) {
				throw new StartRefused("The file " + log + " holds the last changes to a database that is no longer at "
						+ path + ": put that one back, or move " + log.getFileName() + " away to begin without it.");
			}
			if (!LeftLog.belongs(log, database)) {
				throw new StartRefused("The file " + log + " holds the last changes to another database than " + path
						+ ", as it was before a copy took its place: put that one back, or move " + log.getFileName()
						+ " away to go on with the copy.");
			}
		}
		catch (IOException ex) {
			throw new StartRefused(
					"The database " + path + " and its -wal can't be read: check the files and their permissions.", ex);
		}
	}

	/** Its JDBC URL. */
	String url() {
		return PREFIX + this.path;
	}

	/**
	 * Keeps the file as it is now in a copy beside it.
	 * @return where the copy is, never in the place of an earlier one
	 */
	Path copyAside() {
		String name = this.path.getFileName() + ".before-accounts";
		Path copy = Stream.iterate(1, (number) -> number + 1)
			.map((number) -> this.path.resolveSibling((number == 1) ? name : name + "-" + number))
			.filter((free) -> !Files.exists(free))
			.findFirst()
			.orElseThrow();
		Path half = this.path.resolveSibling(name + ".half");
		try (Connection connection = open(this.path)) {
			Files.deleteIfExists(half);
			keepPrivate(half);
			int result = connection.unwrap(SQLiteConnection.class).getDatabase().backup("main", half.toString(), null);
			if (result != 0) {
				throw new SQLException("SQLite's backup returned " + result);
			}
			Files.move(half, copy, StandardCopyOption.ATOMIC_MOVE);
			return copy;
		}
		catch (IOException | SQLException ex) {
			half.toFile().delete();
			throw new StartRefused("The database " + this.path + " could not be copied to " + copy
					+ " before its first change: make room there.", ex);
		}
	}

	static Path path(String url) {
		String file = url.startsWith(PREFIX) ? url.substring(PREFIX.length()) : "";
		if (file.isEmpty() || file.startsWith(":") || file.startsWith("file:") || file.contains("?")) {
			// SQLite's settings are for this program to make
			throw new StartRefused("SPRING_DATASOURCE_URL is " + url + ": it must name a file and nothing more, "
					+ "like jdbc:sqlite:db.sqlite3 or jdbc:sqlite:/var/lib/accounts/db.sqlite3.");
		}
		try {
			return Path.of(file);
		}
		catch (InvalidPathException ex) {
			throw new StartRefused("SPRING_DATASOURCE_URL is " + url + ": it must name a file.", ex);
		}
	}

	/** Somebody who took away every permission to write meant it, even for root. */
	static boolean isWritable(Path path) {
		PosixFileAttributeView posix = Files.getFileAttributeView(path, PosixFileAttributeView.class);
		try {
			return Files.isWritable(path) && (posix == null || posix.readAttributes()
				.permissions()
				.stream()
				.anyMatch(Set.of(PosixFilePermission.OWNER_WRITE, PosixFilePermission.GROUP_WRITE,
						PosixFilePermission.OTHERS_WRITE)::contains));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static boolean startsLikeSqlite(Path path) throws IOException {
		try (InputStream file = Files.newInputStream(path)) {
			return Arrays.equals(file.readNBytes(MAGIC.length), MAGIC);
		}
	}

	private static Content content(Path path) {
		try (Connection connection = open(path)) {
			JdbcClient db = JdbcClient.create(new SingleConnectionDataSource(connection, true));
			// What a first start that failed has left is as good as nothing
			int version = version(connection);
			if (version > 0) {
				Migrations.refuseNewer(path, version);
				return Content.OURS;
			}
			Set<String> things = things(db);
			if (things.isEmpty()) {
				return Content.NOTHING;
			}
			Set<String> columns = columns(db);
			if (!columns.containsAll(TUTORIAL)) {
				throw notOurs(path, "belongs to another program");
			}
			things.remove("table user");
			columns.removeAll(TUTORIAL);
			refuseMore(path, things, columns);
			refuseDoubles(path, db);
			return Content.TUTORIAL;
		}
		catch (SQLException | DataAccessException ex) {
			throw SqliteErrors.refusal(path, ex);
		}
	}

	/** The schema of a file that is ours, otherwise zero. */
	static int version(Connection connection) {
		JdbcClient db = JdbcClient.create(new SingleConnectionDataSource(connection, true));
		return wasOurs(db) ? Migrations.version(db) : 0;
	}

	/**
	 * Refuses a file whose data was moved elsewhere.
	 * @throws StartRefused if it is one
	 */
	void requireNotMoved() {
		if (this.content != Content.OURS) {
			return;
		}
		try (Connection connection = open(this.path)) {
			MovedMark.refuse(this.path, connection, false);
			BackupNote.refuse(this.path, connection);
		}
		catch (SQLException | DataAccessException ex) {
			throw SqliteErrors.refusal(this.path, ex);
		}
	}

	/**
	 * Looks for damage, for as long as a start can wait: a small file is looked through,
	 * a large one in part.
	 * @throws StartRefused if there is some
	 */
	void requireWhole() {
		if (this.content != Content.OURS) {
			return;
		}
		long end = System.nanoTime() + CHECK_NANOS;
		try (Connection connection = open(this.path); Statement statement = connection.createStatement()) {
			ProgressHandler.setHandler(connection, CHECK_STEPS, new ProgressHandler() {
				@Override
				protected int progress() {
					return (System.nanoTime() > end) ? 1 : 0;
				}
			});
			try (ResultSet row = statement.executeQuery("pragma quick_check(1)")) {
				String found = row.next() ? row.getString(1) : "nothing in it";
				if (!found.equals("ok")) {
					throw SqliteErrors.damaged(this.path, found);
				}
			}
			finally {
				ProgressHandler.clearHandler(connection);
			}
		}
		catch (SQLException ex) {
			if (!SqliteErrors.isInterrupted(ex)) {
				throw SqliteErrors.refusal(this.path, ex);
			}
		}
	}

	private static boolean wasOurs(JdbcClient db) {
		return !db.sql("select 1 from sqlite_master where name = ?")
			.param(Migrations.TABLE)
			.query(Integer.class)
			.list()
			.isEmpty();
	}

	/** Tables, indexes, triggers and views that somebody made. */
	private static Set<String> things(JdbcClient db) {
		return db.sql("""
				select type || ' ' || name from sqlite_master
				where name not glob 'sqlite_*' and tbl_name <> ? order by 1""")
			.param(Migrations.TABLE)
			.query(String.class)
			.set();
	}

	/**
	 * What somebody added to the tutorial's database would be lost or broken when its
	 * table is replaced.
	 */
	private static void refuseMore(Path path, Set<String> things, Set<String> columns) {
		List<String> all = Stream
			.concat(columns.stream().map((column) -> "column " + column + " of table user"), things.stream())
			.toList();
		if (!all.isEmpty()) {
			throw new StartRefused(
					"The database " + path + " has more in it than the tutorial's users: " + String.join(", ", all)
							+ ". Only the users can be taken over: drop the rest, in a copy if you need it"
							+ columns.stream()
								.findFirst()
								.map((column) -> " (a column by `alter table user drop column \"" + column + "\"`)")
								.orElse("")
							+ ", then start again.");
		}
	}

	private static Connection open(Path path) throws SQLException {
		SQLiteConfig settings = new SQLiteConfig();
		// Not read-only, which could not tidy up after a program that crashed, and would
		// leave files beside a database in WAL mode
		settings.resetOpenMode(SQLiteOpenMode.CREATE);
		settings.setBusyTimeout(5_000);
		return settings.createConnection(PREFIX + path);
	}

	/** Those of the table of users, in the order of their names. */
	private static Set<String> columns(JdbcClient db) {
		return new TreeSet<>(db.sql("select name from pragma_table_xinfo('user')").query(String.class).list());
	}

	/**
	 * Two accounts of the tutorial that would be one here are for a person to sort out.
	 */
	private static void refuseDoubles(Path path, JdbcClient db) {
		List<List<String>> doubles = db.sql("select id, email from user order by id")
			.query((row, number) -> List.of(row.getString("email"),
					row.getString("email") + " (id " + row.getLong("id") + ")"))
			.list()
			.stream()
			.collect(Collectors.groupingBy((user) -> Texts.email(user.get(0)),
					Collectors.mapping((user) -> user.get(1), Collectors.toList())))
			.values()
			.stream()
			.filter((users) -> users.size() > 1)
			.toList();
		if (!doubles.isEmpty()) {
			throw new StartRefused("The database " + path
					+ " has accounts whose emails differ only in case, in spaces around them or in how their accents are typed: "
					+ doubles.stream().map((users) -> String.join(" and ", users)).collect(Collectors.joining("; "))
					+ ". Change or delete all but one of them, then start again.");
		}
	}

	private static StartRefused notOurs(Path path, String reason) {
		return new StartRefused("The file " + path + " " + reason
				+ ": set SPRING_DATASOURCE_URL to a database of this service or to a new file.");
	}

}
