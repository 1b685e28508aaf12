package accounts.database;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

import javax.sql.DataSource;

import accounts.start.StartRefused;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyOperation;
import org.postgresql.copy.PGCopyInputStream;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.env.Environment;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * PostgreSQL in a copy. Rows come and go by COPY in its binary form:
 * https://www.postgresql.org/docs/current/sql-copy.html
 */
final class PostgresStore extends Store {

	/** Signature, flags, and the length of an extension that there is not. */
	private static final byte[] HEADER = { 'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0, 0, 0, 0, 0,
			0, 0, 0, 0 };

	private static final int END = -1;

	private static final int SENT_AT_ONCE = 1 << 16;

	/** Those who write hold their locks for less, and whoever moves as well for more. */
	private static final String WAIT = "30s";

	private static final int TRANSACTION_TIMEOUTS = 17;

	private final Use use;

	private PostgresStore(String place, Connection connection, int version, List<Table> tables, Use use) {
		super(place, connection, version, tables);
		this.use = use;
	}

	static PostgresStore open(Request request) {
		Use use = request.use();
		PostgresUrl parts = PostgresUrl.of(request.url());
		String place = parts.place();
		DataSource server = PostgresDatabase.connections(settings(parts, request.settings()));
		try {
			if (use == Use.FILL) {
				prepare(place, server, request.version());
			}
			// Closed by the store
			Connection connection = server.getConnection();
			try {
				PostgresDatabase.requireFit(place, connection, use != Use.READ);
				JdbcClient db = client(connection);
				int version = hasTable(db) ? Migrations.version(db) : 0;
				if (version < request.version()) {
					throw Migrations.older(place, version);
				}
				List<Table> tables = tables(connection);
				// One that holds data may well be in use, and is only looked at
				Use possible = (use == Use.FILL && !isEmpty(tables, db)) ? Use.READ : use;
				return new PostgresStore(printable(place, connection), connection, version, tables, possible);
			}
			catch (SQLException | RuntimeException ex) {
				connection.close();
				throw ex;
			}
		}
		catch (SQLException | DataAccessException | FlywayException ex) {
			throw PostgresErrors.refusal(place, ex);
		}
	}

	/** Brings a database without data to a schema. */
	private static void prepare(String place, DataSource server, int version) throws SQLException {
		try (Connection connection = server.getConnection()) {
			PostgresDatabase.requireFit(place, connection, true);
			JdbcClient db = client(connection);
			if (hasTable(db)) {
				int present = Migrations.version(db);
				if (present == version) {
					return;
				}
				if (!isEmpty(tables(connection), db)) {
					throw notEmpty(place);
				}
				if (present > version) {
					throw new StartRefused("The database " + place + " has the tables of schema " + present
							+ ", and what it is to hold is of schema " + version + ": name a new database.");
				}
			}
			Migrations.upTo(version, Migrations.ofPostgres(connection)).migrate();
		}
	}

	/** The URL as whoever starts the service on it needs it, but for the credentials. */
	private static String printable(String place, Connection connection) throws SQLException {
		String schema = connection.getSchema();
		return PostgresUrl.PREFIX + "//" + place + ("public".equals(schema) ? "" : "?currentSchema=" + schema);
	}

	private static boolean isEmpty(List<Table> tables, JdbcClient db) {
		return tables.stream()
			.allMatch((table) -> db.sql("select 1 from " + table.quoted() + " limit 1")
				.query(Integer.class)
				.list()
				.isEmpty());
	}

	private static StartRefused notEmpty(String place) {
		return new StartRefused("The database " + place + " holds data already: name an empty one.");
	}

	private static List<Table> tables(Connection connection) throws SQLException {
		return Table.all(connection, connection.getSchema());
	}

	private static boolean hasTable(JdbcClient db) {
		return !db.sql("select 1 from pg_tables where schemaname = current_schema() and tablename = ?")
			.param(Migrations.TABLE)
			.query(Integer.class)
			.list()
			.isEmpty();
	}

	private static JdbcClient client(Connection connection) {
		return JdbcClient.create(new SingleConnectionDataSource(connection, true));
	}

	/** The service's own settings say who connects, where the URL doesn't. */
	private static PostgresSettings settings(PostgresUrl url, Environment environment) {
		boolean named = url.namesUser();
		return new PostgresSettings(url, named ? null : environment.getProperty("spring.datasource.username"),
				named ? null : environment.getProperty("spring.datasource.password"), 2, Duration.ofSeconds(10),
				Binder.get(environment));
	}

	@Override
	void begin() {
		at(() -> {
			connection().setAutoCommit(false);
			int version = connection().getMetaData().getDatabaseMajorVersion();
			// Nothing before the locks may look at data: the snapshot would be older
			execute("set transaction isolation level " + switch (this.use) {
				case READ -> "repeatable read read only";
				case HOLD -> "repeatable read";
				case FILL -> "read committed";
			});
			execute("set local lock_timeout = '" + WAIT + "'");
			execute("set local statement_timeout = 0");
			execute("set local idle_in_transaction_session_timeout = 0");
			if (version >= TRANSACTION_TIMEOUTS) {
				execute("set local transaction_timeout = 0");
			}
			if (this.use != Use.READ) {
				execute("lock table " + Table.list(tables()) + " in "
						+ ((this.use == Use.FILL) ? "access exclusive" : "exclusive") + " mode");
			}
			if (this.use == Use.FILL && !isEmpty(tables(), client(connection()))) {
				throw notEmpty(place());
			}
			return this;
		});
	}

	@Override
	boolean holdsData() {
		return this.use == Use.READ;
	}

	/**
	 * By whatever names they were reached: a lock that one of them holds is not free to
	 * the other.
	 */
	@Override
	boolean isSame(Store other) {
		if (!(other instanceof PostgresStore)) {
			return false;
		}
		long lock = new SecureRandom().nextLong();
		number("select 1 from pg_advisory_xact_lock(" + lock + ")");
		return other.number("select pg_try_advisory_xact_lock(" + lock + ")::int") == 0
				&& at(connection()::getSchema).equals(other.at(other.connection()::getSchema));
	}

	@Override
	long sequence(Table table) {
		return number("select last_value + is_called::int from " + at(() -> {
			try (Statement statement = connection().createStatement();
					ResultSet row = statement.executeQuery("select pg_get_serial_sequence('"
							+ table.quoted().replace("'", "''") + "', '" + table.identity() + "')")) {
				row.next();
				return row.getString(1);
			}
		}));
	}

	/** Undone with the transaction, as setval would not be. */
	@Override
	void setSequence(Table table, long nextId) {
		execute("alter table " + table.quoted() + " alter column " + table.identity() + " restart with " + nextId);
	}

	@Override
	void read(Table table, Consumer<byte[][]> rows) {
		String copy = "copy (select " + table.columnList() + " from " + table.quoted() + " order by "
				+ order(table, " collate \"C\"") + ") to stdout (format binary)";
		at(() -> {
			PGCopyInputStream stream = new PGCopyInputStream(connection().unwrap(PGConnection.class), copy);
			try (DataInputStream input = new DataInputStream(stream)) {
				input.skipNBytes(HEADER.length);
				for (byte[][] row = row(input); row != null; row = row(input)) {
					rows.accept(row);
				}
				// Nothing, which is how the server ends
				return input.read();
			}
			catch (IOException ex) {
				throw unwrapped(ex);
			}
			finally {
				cancel(stream);
			}
		});
	}

	private static byte @Nullable [][] row(DataInputStream input) throws IOException {
		int fields = input.readShort();
		if (fields == END) {
			return null;
		}
		byte[][] row = new byte[fields][];
		for (int i = 0; i < fields; i++) {
			int length = input.readInt();
			if (length >= 0) {
				row[i] = input.readNBytes(length);
			}
		}
		return row;
	}

	@Override
	void write(Table table, Consumer<Consumer<byte[][]>> feed) {
		String copy = "copy " + table.quoted() + " (" + table.columnList() + ") from stdin (format binary)";
		at(() -> {
			CopyIn server = connection().unwrap(PGConnection.class).getCopyAPI().copyIn(copy);
			try {
				ByteArrayOutputStream buffer = new ByteArrayOutputStream(2 * SENT_AT_ONCE);
				DataOutputStream output = new DataOutputStream(buffer);
				output.write(HEADER);
				feed.accept((row) -> at(() -> {
					requireText(table, row);
					try {
						Fingerprint.write(row, output);
					}
					catch (IOException ex) {
						throw new UncheckedIOException(ex);
					}
					if (buffer.size() >= SENT_AT_ONCE) {
						send(buffer, server);
					}
					return row;
				}));
				output.writeShort(END);
				send(buffer, server);
				return server.endCopy();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
			finally {
				cancel(server);
			}
		});
	}

	private static void send(ByteArrayOutputStream buffer, CopyIn server) throws SQLException {
		byte[] bytes = buffer.toByteArray();
		server.writeToCopy(bytes, 0, bytes.length);
		buffer.reset();
	}

	/** The one character that a text of SQLite's may have and one of PostgreSQL's not. */
	private static void requireText(Table table, byte[][] row) {
		for (int i = 0; i < row.length; i++) {
			Table.Column column = table.columns().get(i);
			if (column.kind() != Table.Kind.TEXT || row[i] == null) {
				continue;
			}
			for (byte each : row[i]) {
				if (each == 0) {
					throw new StartRefused("A " + column.name() + " in the table " + table.name()
							+ " has the character U+0000, which PostgreSQL can't hold: replace it first.");
				}
			}
		}
	}

	private static void cancel(CopyOperation copy) {
		try {
			if (copy.isActive()) {
				copy.cancelCopy();
			}
		}
		catch (SQLException ex) {
			// The server answers so that it has stopped
		}
	}

	private static SQLException unwrapped(IOException ex) {
		return (ex.getCause() instanceof SQLException cause) ? cause : new SQLException(ex);
	}

	/**
	 * On disk when it returns, whatever the server does by default, and with what the
	 * planner must know of the tables to find its way at once.
	 */
	@Override
	void commit(boolean upgrade) {
		execute("""
				select set_config('synchronous_commit', 'on', true)
				where current_setting('synchronous_commit') in ('off', 'local')""");
		if (this.use == Use.FILL) {
			execute("analyze " + Table.list(tables()));
		}
		at(() -> {
			connection().commit();
			connection().setAutoCommit(true);
			return this;
		});
		if (upgrade) {
			at(() -> Migrations.ofPostgres(connection()).migrate());
		}
	}

	/** The service, and each of our commands, tells the server its name. */
	@Override
	void requireNotServed() {
		long others = number("""
				select count(*) from pg_stat_activity
				where datname = current_database() and application_name = 'accounts' and pid <> pg_backend_pid()""");
		if (others > 0) {
			throw new StartRefused("The database " + place() + " is in use, by " + others
					+ " connections of this service: stop it on every machine, then try again.");
		}
	}

	@Override
	boolean isPostgres() {
		return true;
	}

	@Override
	StartRefused failure(Exception failure) {
		Throwable cause = NestedExceptionUtils.getMostSpecificCause(failure);
		String state = (cause instanceof SQLException sql) ? String.valueOf(sql.getSQLState()) : "";
		if (state.equals("55P03")) {
			return new StartRefused(
					place() + " is locked by others for longer than " + WAIT + ": end their work, then try again.",
					failure);
		}
		return failed(String.valueOf(cause.getMessage()), failure);
	}

}
