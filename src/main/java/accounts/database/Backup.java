package accounts.database;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.stream.Collectors;

import accounts.database.Fingerprint.Sum;
import accounts.database.Store.Request;
import accounts.database.Store.Use;
import accounts.start.ServiceSettings;
import accounts.start.SettingArguments;
import accounts.start.StartRefused;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

import org.springframework.core.env.Environment;

/**
 * The command {@code backup}: copies the service's database, as it is at one moment, into
 * one file.
 */
@Command(name = "backup", sortOptions = false,
		description = { "Copies the database, SQLite or PostgreSQL, into one file while the service goes on.",
				"It takes the settings of the service: the same environment variables or arguments." })
public final class Backup extends DatabaseCommand {

	/**
	 * Backups are for upgrades too: any schema that there ever was is copied as it is.
	 */
	static final int OLDEST = 1;

	@Mixin
	private final SettingArguments settings = new SettingArguments();

	@Parameters(index = "0", paramLabel = "FILE", description = "A new file. Keep it as secret as the database.")
	private String file = "";

	@Override
	boolean run() {
		this.file = this.settings.only("FILE");
		Environment environment = ServiceSettings.read(this.settings.settings());
		String url = environment.getRequiredProperty("spring.datasource.url");
		Path path = path(this.file);
		try (Store from = Store.open(new Request(url, environment, Use.READ, OLDEST));
				SqliteStore to = SqliteStore.create(path, from.version())) {
			Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
			from.begin();
			from.requireNotMoved();
			to.begin();
			Copier.requireSameTables(from, to);
			Copier copier = copier();
			Map<Table, Sum> sums = copier.copy(from, to);
			if (!sums.equals(copier.sums(to, "Compared"))) {
				throw new StartRefused("The copy differs from " + from.place() + ", so no file was made: try again.");
			}
			BackupNote note = new BackupNote(now, byName(sums));
			to.at(() -> {
				note.write(to.connection());
				return note;
			});
			err().println("Checking the file");
			err().flush();
			to.commit(false);
			out().println("Wrote " + path + ": " + note.count("user") + " users and " + note.count("session")
					+ " sessions, as they were at " + now + ".");
			out().println(
					"Whoever has this file has the keys and every password's hash: keep it where only you can read it.");
			return true;
		}
	}

	private static Map<String, Sum> byName(Map<Table, Sum> sums) {
		return sums.entrySet()
			.stream()
			.collect(Collectors.toMap((entry) -> entry.getKey().name(), Map.Entry::getValue));
	}

	/** A file that a command is given. */
	static Path path(String file) {
		try {
			return Path.of(file).toAbsolutePath().normalize();
		}
		catch (InvalidPathException ex) {
			throw new StartRefused(file + " is no name of a file.", ex);
		}
	}

}
