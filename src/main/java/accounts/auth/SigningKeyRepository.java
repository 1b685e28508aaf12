package accounts.auth;

import java.time.Clock;
import java.util.List;

import accounts.database.Database;
import org.jspecify.annotations.Nullable;

import org.springframework.stereotype.Repository;

/** The signing_key table. */
@Repository
class SigningKeyRepository {

	private final Database db;

	private final Clock clock;

	SigningKeyRepository(Database db, Clock clock) {
		this.db = db;
		this.clock = clock;
	}

	/** All there are, in the order in which they sign. */
	List<Row> all() {
		return this.db.reads()
			.sql("""
					select id, algorithm, material, public_key, encrypted, signs_from from signing_key
					order by signs_from, id""")
			.query((row, number) -> new Row(row.getString("id"), row.getString("algorithm"), row.getBytes("material"),
					row.getBytes("public_key"), row.getInt("encrypted") != 0, row.getLong("signs_from")))
			.list();
	}

	/**
	 * Adds a key unless somebody else has added one since {@code last} was the newest of
	 * them.
	 */
	boolean add(Row key, @Nullable Row last) {
		return this.db.writes()
			.sql("""
					insert into signing_key (id, algorithm, material, public_key, encrypted, created_on, signs_from)
					select ?, ?, ?, ?, ?, ?, ?
					where not exists (select 1 from signing_key where algorithm <> ? and signs_from > ?)""")
			.param(key.id)
			.param(key.algorithm)
			.param(key.material)
			.param(key.publicKey)
			.param(key.encrypted ? 1 : 0)
			.param(this.clock.instant().getEpochSecond())
			.param(key.signsFrom)
			.param(KeyRing.SEALING)
			.param((last != null) ? last.signsFrom : -1)
			.update() > 0;
	}

	/** Adds the key that seals refresh tokens unless there is one. */
	void addSealing(Row key) {
		this.db.writes()
			.sql("""
					insert into signing_key (id, algorithm, material, encrypted, created_on, signs_from)
					select ?, ?, ?, ?, ?, 0
					where not exists (select 1 from signing_key where algorithm = ?)""")
			.param(key.id)
			.param(key.algorithm)
			.param(key.material)
			.param(key.encrypted ? 1 : 0)
			.param(this.clock.instant().getEpochSecond())
			.param(key.algorithm)
			.update();
	}

	void encrypt(String id, byte[] material) {
		this.db.writes()
			.sql("update signing_key set material = ?, encrypted = 1 where id = ? and encrypted = 0")
			.param(material)
			.param(id)
			.update();
	}

	/** Brings what was overwritten out of the write-ahead log as well. */
	void forgetFormerBytes() {
		this.db.writes().sql("pragma wal_checkpoint(truncate)").query((row, number) -> row.getInt(1)).list();
	}

	void delete(String id) {
		this.db.writes().sql("delete from signing_key where id = ?").param(id).update();
	}

	/**
	 * A key as it is kept.
	 *
	 * @param signsFrom seconds since 1970
	 */
	@SuppressWarnings("ArrayRecordComponent") // never compared
	record Row(String id, String algorithm, byte[] material, byte @Nullable [] publicKey, boolean encrypted,
			long signsFrom) {

		@Override
		public String toString() {
			return this.algorithm + " key " + this.id;
		}

	}

}
