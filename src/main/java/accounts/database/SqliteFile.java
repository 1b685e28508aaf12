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
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import accounts.start.StartRefused;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * A SQLite file as it was found, before anything in it is touched.
 *
 * @param path where it is
 * @param url its JDBC URL, as it was set
 * @param content what is in it
 */
record SqliteFile(Path path, String url, Content content) {

	private static final String PREFIX = "jdbc:sqlite:";

	private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

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
		if (folder == null || Files.isDirectory(path)) {
			throw new StartRefused("The database " + path + " is a folder: name a file in SPRING_DATASOURCE_URL.");
		}
		if (!Files.isDirectory(folder)) {
			throw new StartRefused("The database's folder " + folder
					+ " does not exist: make it, or set SPRING_DATASOURCE_URL to a file elsewhere.");
		}
		if (!isWritable(folder)) {
			throw new StartRefused("The database's folder " + folder
					+ " can't be written to: allow it, or set SPRING_DATASOURCE_URL to a file elsewhere.");
		}
		try {
			if (!Files.exists(path) || Files.size(path) == 0) {
				return new SqliteFile(path, url, Content.NOTHING);
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
		return new SqliteFile(path, url, content(path));
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
			connection.unwrap(SQLiteConnection.class).getDatabase().backup("main", half.toString(), null);
			Files.move(half, copy, StandardCopyOption.ATOMIC_MOVE);
			return copy;
		}
		catch (IOException | SQLException ex) {
			throw new StartRefused("The database " + this.path + " could not be copied to " + copy
					+ " before its first change: make room there.", ex);
		}
	}

	private static Path path(String url) {
		String file = url.startsWith(PREFIX) ? url.substring(PREFIX.length()) : "";
		file = file.replaceFirst("\\?.*", "");
		if (file.isEmpty() || file.startsWith(":") || file.startsWith("file:")) {
			throw new StartRefused("SPRING_DATASOURCE_URL is " + url
					+ ": it must name a file, like jdbc:sqlite:db.sqlite3 or jdbc:sqlite:/var/lib/accounts/db.sqlite3.");
		}
		try {
			return Path.of(file);
		}
		catch (InvalidPathException ex) {
			throw new StartRefused("SPRING_DATASOURCE_URL is " + url + ": it must name a file.", ex);
		}
	}

	/** Somebody who took away every permission to write meant it, even for root. */
	private static boolean isWritable(Path path) {
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

	private static boolean startsLikeSqlite(Path path) throws IOException {
		try (InputStream file = Files.newInputStream(path)) {
			return Arrays.equals(file.readNBytes(MAGIC.length), MAGIC);
		}
	}

	private static Content content(Path path) {
		try (Connection connection = open(path)) {
			JdbcClient db = JdbcClient.create(new SingleConnectionDataSource(connection, true));
			List<String> tables = db
				.sql("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
				.query(String.class)
				.list();
			if (tables.isEmpty()) {
				return Content.NOTHING;
			}
			if (tables.contains(Migrations.TABLE)) {
				Migrations.refuseNewer(path, db);
				return Content.OURS;
			}
			if (isTutorial(db)) {
				refuseDoubles(path, db);
				return Content.TUTORIAL;
			}
			throw notOurs(path, "belongs to another program");
		}
		catch (SQLException ex) {
			throw new StartRefused(
					"The database " + path + " can't be read: it is damaged or locked by another program.", ex);
		}
	}

	private static Connection open(Path path) throws SQLException {
		SQLiteConfig readOnly = new SQLiteConfig();
		readOnly.setReadOnly(true);
		readOnly.setBusyTimeout(5_000);
		return readOnly.createConnection(PREFIX + path);
	}

	private static boolean isTutorial(JdbcClient db) {
		return db.sql("select name from pragma_table_info('user')")
			.query(String.class)
			.set()
			.equals(Set.of("id", "first_name", "last_name", "email", "password", "created_on"));
	}

	/**
	 * Two accounts of the tutorial that would be one here are for a person to sort out.
	 */
	private static void refuseDoubles(Path path, JdbcClient db) {
		List<List<String>> doubles = db.sql("select id, email from user order by id")
			.query((row, number) -> List.of(row.getString("email"),
					"%s (id %d)".formatted(row.getString("email"), row.getLong("id"))))
			.list()
			.stream()
			.collect(Collectors.groupingBy((user) -> V1__Users.email(user.get(0)),
					Collectors.mapping((user) -> user.get(1), Collectors.toList())))
			.values()
			.stream()
			.filter((users) -> users.size() > 1)
			.toList();
		if (!doubles.isEmpty()) {
			throw new StartRefused("The database " + path + " has accounts whose emails differ only in case: "
					+ doubles.stream().map((users) -> String.join(" and ", users)).collect(Collectors.joining("; "))
					+ ". Change or delete all but one of them, then start again.");
		}
	}

	private static StartRefused notOurs(Path path, String reason) {
		return new StartRefused("The file " + path + " " + reason
				+ ": set SPRING_DATASOURCE_URL to a database of this service or to a new file.");
	}

}
