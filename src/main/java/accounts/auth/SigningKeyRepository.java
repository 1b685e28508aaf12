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
	 * Adds a key, in the place of one of the same id, unless somebody else has added one
	 * since {@code last} was the newest of them.
	 */
	boolean add(Row key, @Nullable Row last) {
		return this.db.alone("signing_key", () -> {
			long newest = this.db.writes()
				.sql("select coalesce(max(signs_from), -1) from signing_key where algorithm <> ?")
				.param(KeyRing.SEALING)
				.query(Long.class)
				.single();
			boolean added = newest <= ((last != null) ? last.signsFrom : -1);
			if (added) {
				this.db.writes().sql("delete from signing_key where id = ?").param(key.id).update();
				insert(key);
			}
			return added;
		});
	}

	/** Adds the key that seals refresh tokens unless there is one. */
	void addSealing(Row key) {
		this.db.alone("signing_key", () -> {
			boolean none = this.db.writes()
				.sql("select id from signing_key where algorithm = ?")
				.param(KeyRing.SEALING)
				.query(String.class)
				.list()
				.isEmpty();
			if (none) {
				insert(key);
			}
			return none;
		});
	}

	private void insert(Row key) {
		this.db.writes()
			.sql("""
					insert into signing_key (id, algorithm, material, public_key, encrypted, created_on, signs_from)
					values (?, ?, ?, ?, ?, ?, ?)""")
			.param(key.id)
			.param(key.algorithm)
			.param(key.material)
			.param(key.publicKey)
			.param(key.encrypted ? 1 : 0)
			.param(this.clock.instant().getEpochSecond())
			.param(key.signsFrom)
			.update();
	}

	void encrypt(String id, byte[] material) {
		this.db.writes()
			.sql("update signing_key set material = ?, encrypted = 1 where id = ? and encrypted = 0")
			.param(material)
			.param(id)
			.update();
	}

	/** Leaves nothing of keys that were encrypted meanwhile as they were before. */
	void forgetFormerBytes() {
		this.db.forgetFormerBytes();
	}

	/** Removes a key, if it is still to sign from when it was to. */
	void delete(String id, long signsFrom) {
		this.db.writes()
			.sql("delete from signing_key where id = ? and signs_from = ?")
			.param(id)
			.param(signsFrom)
			.update();
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
