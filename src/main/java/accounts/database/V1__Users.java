package accounts.database;

import java.sql.Connection;
import java.util.List;

import accounts.web.Texts;
import org.flywaydb.core.api.migration.BaseJavaMigration;
import org.flywaydb.core.api.migration.Context;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * The first schema, into which the users of the tutorial's Flask application are taken
 * over.
 */
class V1__Users extends BaseJavaMigration {

	@Override
	public void migrate(Context context) {
		Connection connection = context.getConnection();
		JdbcClient db = JdbcClient.create(new SingleConnectionDataSource(connection, true));
		boolean tutorial = db.sql("select count(*) from sqlite_master where name = 'user'")
			.query(Integer.class)
			.single() > 0;
		if (tutorial) {
			db.sql("alter table user rename to tutorial_user").update();
		}
		db.sql("""
				create table "user" (
					id integer primary key autoincrement,
					first_name text not null,
					last_name text not null,
					email text not null unique,
					password text not null,
					created_on integer not null
				) strict""").update();
		db.sql("""
				create table signing_key (
					id text primary key,
					algorithm text not null,
					material blob not null,
					created_on integer not null
				) strict""").update();
		if (tutorial) {
			takeOver(db);
		}
	}

	/** Ids stay, and those that were given once and deleted never come again. */
	private static void takeOver(JdbcClient db) {
		db.sql("""
				insert into "user" (id, first_name, last_name, email, password, created_on)
				select id, first_name, last_name, email, password,
					coalesce(cast(strftime('%s', created_on, 'auto') as integer), cast(strftime('%s') as integer))
				from tutorial_user""").update();
		// The tutorial kept them as they were typed
		List<String> emails = db.sql("select email from tutorial_user").query(String.class).list();
		for (String email : emails) {
			if (!Texts.email(email).equals(email)) {
				db.sql("update \"user\" set email = ? where email = ?").param(Texts.email(email)).param(email).update();
			}
		}
		db.sql("delete from sqlite_sequence where name = 'user'").update();
		db.sql("""
				insert into sqlite_sequence (name, seq)
				select 'user', max(id) from (
					select id from "user" union all select seq from sqlite_sequence where name = 'tutorial_user'
				) having max(id) is not null""").update();
		db.sql("drop table tutorial_user").update();
	}

}
