package accounts.auth;

import java.security.SecureRandom;
import java.time.Clock;
import java.util.HexFormat;

import accounts.database.Database;

import org.springframework.stereotype.Repository;

/** The signing_key table. */
@Repository
class SigningKeyRepository {

	private static final SecureRandom RANDOM = new SecureRandom();

	private final Database db;

	private final Clock clock;

	SigningKeyRepository(Database db, Clock clock) {
		this.db = db;
		this.clock = clock;
	}

	/** The secret that was made at the first start, which this may be. */
	SigningKey secret() {
		this.db.writes()
			.sql("""
					insert into signing_key (id, algorithm, material, created_on)
					select ?, ?, ?, ? where not exists (select 1 from signing_key where algorithm = ?)""")
			.param(HexFormat.of().formatHex(random(8)))
			.param(SigningKey.HS256)
			.param(random(32))
			.param(this.clock.instant().getEpochSecond())
			.param(SigningKey.HS256)
			.update();
		return this.db.reads()
			.sql("select id, material from signing_key where algorithm = ?")
			.param(SigningKey.HS256)
			.query((row, number) -> SigningKey.hs256(row.getString("id"), row.getBytes("material")))
			.single();
	}

	private static byte[] random(int length) {
		byte[] bytes = new byte[length];
		RANDOM.nextBytes(bytes);
		return bytes;
	}

}
