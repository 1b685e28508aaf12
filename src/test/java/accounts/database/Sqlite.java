package accounts.database;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

import accounts.Service;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** Another program that opens the service's file. */
public final class Sqlite implements AutoCloseable {

	private final Connection connection;

	private final JdbcClient client;

	private Sqlite(Connection connection) {
		this.connection = connection;
		this.client = JdbcClient.create(new SingleConnectionDataSource(connection, true));
	}

	public static Sqlite open(Path file) {
		try {
			return new Sqlite(DriverManager.getConnection("jdbc:sqlite:" + file));
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** Opens the file, does that and closes it again. */
	public static void run(Path file, String... statements) {
		try (Sqlite sqlite = open(file)) {
			sqlite.run(statements);
		}
	}

	/** A new folder that holds the tutorial's database, changed by the statements. */
	public static Path tutorial(String... statements) throws IOException {
		Path folder = Service.folder();
		try (InputStream database = Sqlite.class.getResourceAsStream("/tutorial/db.sqlite3")) {
			Files.copy(database, Service.file(folder));
		}
		if (statements.length > 0) {
			run(Service.file(folder), statements);
		}
		return folder;
	}

	public void run(String... statements) {
		try (Statement statement = this.connection.createStatement()) {
			for (String sql : statements) {
				statement.executeUpdate(sql);
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** Every row, its columns as text with bars between. */
	public List<String> rows(String query) {
		return this.client.sql(query).query((row, number) -> {
			StringBuilder text = new StringBuilder(String.valueOf(row.getString(1)));
			for (int column = 2; column <= row.getMetaData().getColumnCount(); column++) {
				text.append('|').append(row.getString(column));
			}
			return text.toString();
		}).list();
	}

	@Override
	public void close() {
		try {
			this.connection.close();
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
