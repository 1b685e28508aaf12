package accounts.database;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import accounts.database.Copier.Copied;
import accounts.database.Store.Request;
import accounts.database.Store.Use;
import accounts.start.ServiceSettings;
import accounts.start.SettingArguments;
import accounts.start.StartRefused;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import org.springframework.core.env.Environment;

/**
 * The command {@code restore}: makes the service's database of a backup, in which nothing
 * holds that may have been revoked since.
 */
@Command(name = "restore", sortOptions = false,
		description = { "Makes the database of a backup, after all of it was verified. Stop the service first.",
				"It takes the settings of the service: the same environment variables or arguments." })
public final class Restore extends DatabaseCommand {

	@Mixin
	private final SettingArguments settings = new SettingArguments();

	@Parameters(index = "0", paramLabel = "FILE", description = "What `backup` has written.")
	private String file = "";

	@Option(names = "--replace",
			description = "Moves the files of a SQLite database that is there to a folder beside it.")
	private boolean replace;

	@Override
	boolean run() {
		this.file = this.settings.only("FILE");
		// Named in no method, as help looks at those and needs no Spring
		Environment environment = ServiceSettings.read(this.settings.settings());
		String url = environment.getRequiredProperty("spring.datasource.url");
		Path path = Backup.path(this.file);
		err().println("Checking " + path);
		err().flush();
		try (SqliteStore from = SqliteStore.backup(path)) {
			from.begin();
			from.requireNotMoved();
			Optional<BackupNote> note = from.at(() -> BackupNote.read(from.connection()));
			try (Store to = target(new Request(url, environment, Use.FILL, from.version()))) {
				to.begin();
				if (to.holdsData()) {
					throw holdsData(to.place());
				}
				to.requireNotServed();
				Copier.requireSameTables(from, to);
				restore(path, from, note, to);
				to.commit(from.version() < Migrations.VERSION);
				tell(path, from, note, to);
				return true;
			}
		}
	}

	private Store target(Request request) {
		boolean file = request.url().startsWith(SqliteFile.PREFIX);
		if (this.replace) {
			if (!file) {
				throw new StartRefused("--replace is for SQLite: restore into an empty database of PostgreSQL.");
			}
			return SqliteStore.replace(RestoredFile.of(SqliteFile.path(request.url())), request.version());
		}
		if (file) {
			SqliteFile there = SqliteFile.find(request.url());
			if (there.content() != SqliteFile.Content.NOTHING) {
				throw holdsData(there.path());
			}
		}
		return Store.open(request);
	}

	private static StartRefused holdsData(Object database) {
		return new StartRefused("The database " + database
				+ " holds data already: restore into a new or empty one; with --replace a SQLite file is moved aside first.");
	}

	private void restore(Path path, SqliteStore from, Optional<BackupNote> note, Store to) {
		Copier copier = copier();
		Revocation revocation = new Revocation(Instant.now());
		Copied copied = copier.copy(from, to, revocation);
		if (note.isPresent() && !note.get().holds(copied.read())) {
			throw SqliteStore.damaged(path, "its rows are not those that were backed up");
		}
		if (!copied.written().equals(copier.sums(to, "Compared"))) {
			throw new StartRefused(to.place() + " did not take what the backup has, and is as it was: try again.");
		}
		revocation.finish(to);
	}

	private void tell(Path path, SqliteStore from, Optional<BackupNote> note, Store to) {
		String moment = note.map((found) -> "at " + found.madeOn()).orElse("when the file was copied");
		out().println("Restored " + from.number("select count(*) from \"user\"") + " users, as they were " + moment
				+ ", from " + path + ".");
		if (note.isEmpty()) {
			out().println("The file was not made by `backup`: that SQLite can read it is all that could be verified.");
		}
		to.old()
			.ifPresent((folder) -> out().println("The files that were there are in " + folder
					+ ": to go back, stop the service and move them back."));
		out().println(
				"All sessions have ended: everybody logs in again. Changes made after the backup are lost. Look at");
		out().println(
				"- keys: these sign tokens again. If one was replaced because somebody else may have it, start the");
		out().println("  service and run `rotate-keys`: " + keys(from));
		out().println("- passwords and emails: those of that moment hold, and users who were deleted since are there.");
	}

	private static String keys(SqliteStore from) {
		List<String> keys = from
			.texts("""
					select case id when 'configured' then 'the secret in ACCOUNTS_TOKEN_SECRET'
						else algorithm || ' key ' || id || ' of ' || strftime('%Y-%m-%dT%H:%M:%SZ', created_on, 'unixepoch') end
					from signing_key where algorithm <> 'refresh-token' order by created_on, id""");
		return keys.isEmpty() ? "there are none." : String.join(", ", keys) + ".";
	}

}
