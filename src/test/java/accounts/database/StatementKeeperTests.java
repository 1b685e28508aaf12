package accounts.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import javax.sql.DataSource;

import accounts.Service;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;
import org.sqlite.jdbc4.JDBC4PreparedStatement;

import org.springframework.jdbc.datasource.DelegatingDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A prepared statement serves one user at a time, and many after each other. */
@Tag("sqlite")
class StatementKeeperTests {

	private static final String SQL = "select ?";

	/** As all who use it have it: from a pool, in which a statement ends but once. */
	private HikariDataSource pool;

	private Connection connection;

	@BeforeEach
	void open() throws SQLException {
		SQLiteDataSource sqlite = new SQLiteDataSource();
		sqlite.setUrl(Service.url(Service.folder()));
		HikariConfig settings = new HikariConfig();
		settings.setDataSource(keeping(sqlite));
		settings.setMaximumPoolSize(1);
		this.pool = new HikariDataSource(settings);
		this.connection = this.pool.getConnection();
	}

	@AfterEach
	void close() throws SQLException {
		this.connection.close();
		this.pool.close();
	}

	private static DataSource keeping(SQLiteDataSource sqlite) {
		return new DelegatingDataSource(sqlite) {
			@Override
			public Connection getConnection() throws SQLException {
				return new StatementKeeper(sqlite.getUrl(), sqlite.getConfig().toProperties());
			}
		};
	}

	@Test
	void aStatementThatWasClosedServesAgain() throws SQLException {
		PreparedStatement first = this.connection.prepareStatement(SQL);
		assertThat(ask(first, 1)).isEqualTo(1);
		first.close();
		PreparedStatement second = this.connection.prepareStatement(SQL);
		assertThat(sqlite(second)).isSameAs(sqlite(first));
		assertThat(ask(second, 2)).isEqualTo(2);
	}

	@Test
	void aTransactionThatALockHasKeptFromBeginningBeginsTheNextTime() throws SQLException {
		SQLiteDataSource sqlite = immediate();
		try (Connection kept = keeping(sqlite).getConnection(); Connection other = sqlite.getConnection()) {
			run(kept, "create table a (n)");
			other.setAutoCommit(false);
			assertThatThrownBy(() -> kept.setAutoCommit(false)).hasMessageContaining("locked");
			other.setAutoCommit(true);
			kept.setAutoCommit(false);
			run(kept, "insert into a values (1)");
			kept.rollback();
			kept.setAutoCommit(true);
			try (PreparedStatement count = kept.prepareStatement("select count(*) + ? from a")) {
				assertThat(ask(count, 0)).isZero();
			}
		}
	}

	@Test
	void aStatementThatFailsAsItsTableHasGoneHoldsNoLock() throws SQLException {
		SQLiteDataSource sqlite = immediate();
		try (Connection kept = keeping(sqlite).getConnection(); Connection other = sqlite.getConnection()) {
			run(kept, "create table a (n unique)", "create table b (n)");
			String sql = "insert into a values (?) on conflict do nothing returning n";
			try (PreparedStatement insert = kept.prepareStatement(sql)) {
				ask(insert, 1);
			}
			run(other, "alter table a rename to c");
			kept.setAutoCommit(false);
			run(kept, "insert into b values (1)");
			kept.commit();
			kept.setAutoCommit(true);
			PreparedStatement insert = kept.prepareStatement(sql);
			assertThatThrownBy(() -> ask(insert, 2)).hasMessageContaining("no such table");
			run(other, "alter table c rename to a");
			insert.close();
		}
	}

	private static SQLiteDataSource immediate() {
		SQLiteConfig settings = new SQLiteConfig();
		settings.setJournalMode(SQLiteConfig.JournalMode.WAL);
		settings.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
		settings.setBusyTimeout(100);
		SQLiteDataSource sqlite = new SQLiteDataSource(settings);
		sqlite.setUrl(Service.url(Service.folder()));
		return sqlite;
	}

	private static void run(Connection connection, String... statements) throws SQLException {
		for (String sql : statements) {
			try (Statement statement = connection.createStatement()) {
				statement.execute(sql);
			}
		}
	}

	@Test
	void whatOneUserSetIsGoneForTheNext() throws SQLException {
		PreparedStatement first = this.connection.prepareStatement(SQL);
		first.setInt(1, 1);
		first.close();
		PreparedStatement second = this.connection.prepareStatement(SQL);
		try (ResultSet rows = second.executeQuery()) {
			assertThat(rows.getString(1)).isNull();
		}
	}

	@Test
	void aStatementInUseIsNeverHandedOutTwice() throws SQLException {
		PreparedStatement first = this.connection.prepareStatement(SQL);
		PreparedStatement second = this.connection.prepareStatement(SQL);
		assertThat(sqlite(second)).isNotSameAs(sqlite(first));
		first.close();
		second.close();
		PreparedStatement third = this.connection.prepareStatement(SQL);
		first.close();
		second.close();
		PreparedStatement fourth = this.connection.prepareStatement(SQL);
		assertThat(sqlite(fourth)).isNotSameAs(sqlite(third));
		assertThat(ask(third, 3)).isEqualTo(3);
		assertThat(ask(fourth, 4)).isEqualTo(4);
	}

	@Test
	void aStatementEndsWithItsConnection() throws SQLException {
		PreparedStatement idle = this.connection.prepareStatement(SQL);
		PreparedStatement used = this.connection.prepareStatement(SQL);
		idle.close();
		this.connection.close();
		this.pool.close();
		assertThatThrownBy(() -> ask(sqlite(idle), 1)).isInstanceOf(SQLException.class);
		assertThatThrownBy(() -> ask(sqlite(used), 1)).isInstanceOf(SQLException.class);
		used.close();
		assertThatThrownBy(() -> ask(this.connection.prepareStatement(SQL), 1)).isInstanceOf(SQLException.class);
	}

	/** The driver's own, behind whatever hands it out. */
	private static PreparedStatement sqlite(PreparedStatement statement) throws SQLException {
		return statement.unwrap(JDBC4PreparedStatement.class);
	}

	private static int ask(PreparedStatement statement, int value) throws SQLException {
		statement.setInt(1, value);
		try (ResultSet rows = statement.executeQuery()) {
			return rows.getInt(1);
		}
	}

}
