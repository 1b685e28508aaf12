package accounts.auth;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

import accounts.auth.SigningKeyRepository.Row;
import accounts.start.StartRefused;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * The keys there are, each with its time: it is published before it signs, signs until
 * the next one does, and verifies until the last token that it signed has expired. All
 * instances that share a database agree, as they read the same table several times a
 * minute.
 */
@Component
class KeyRing {

	/**
	 * The algorithm, in the table, of the key that seals refresh tokens, which signs no
	 * token.
	 */
	static final String SEALING = "refresh-token";

	/**
	 * Longer than any instance needs to learn of a new key and any client to ask for the
	 * public ones again.
	 */
	static final Duration LEAD = Duration.ofMinutes(2);

	private static final Duration LEARN = Duration.ofSeconds(1);

	/** Clocks may differ by this much. */
	private static final Duration SKEW = Duration.ofMinutes(1);

	private static final Logger log = LoggerFactory.getLogger(KeyRing.class);

	private static final SecureRandom RANDOM = new SecureRandom();

	private final TokenSettings settings;

	private final SigningKeyRepository keys;

	private final KeyCipher cipher;

	private final Clock clock;

	/** Each key is decrypted once. */
	private final Map<String, SigningKey.Material> materials = new ConcurrentHashMap<>();

	/** Those that this instance can't read, and has told the operator of. */
	private final Set<String> unreadable = ConcurrentHashMap.newKeySet();

	private final SecretKey sealing;

	private final AtomicLong learned = new AtomicLong(System.nanoTime() - LEARN.toNanos());

	private volatile List<SigningKey> ring = List.of();

	KeyRing(TokenSettings settings, SigningKeyRepository keys, KeyCipher cipher, Clock clock) {
		this.settings = settings;
		this.keys = keys;
		this.cipher = cipher;
		this.clock = clock;
		byte[] sealing = new byte[32];
		RANDOM.nextBytes(sealing);
		keys.addSealing(row(newId(), SEALING, sealing, null, 0));
		List<Row> rows = keys.all();
		this.sealing = rows.stream()
			.filter((row) -> row.algorithm().equals(SEALING))
			.map((row) -> new SecretKeySpec(material(row), "HmacSHA256"))
			.findFirst()
			.orElseThrow();
		encrypt(rows);
		startSigning(signing(rows));
		reload();
	}

	/** The key that signs now. */
	SigningKey signing() {
		Instant now = this.clock.instant();
		List<SigningKey> ring = this.ring;
		SigningKey signing = ring.get(0);
		for (SigningKey key : ring) {
			if (!key.signsFrom().isAfter(now) || onlyVerifies(signing)) {
				signing = key;
			}
		}
		return signing;
	}

	/** Whether all that is left of the shared secret is the one before. */
	private boolean onlyVerifies(SigningKey key) {
		return key.id().equals(SigningKey.CONFIGURED) && this.settings.secret() == null;
	}

	/**
	 * The key that a token names, if that key's time has not passed. A token that names
	 * none is taken for one of the shared secret's, which other programs may sign with as
	 * well.
	 */
	Optional<SigningKey> verifying(@Nullable String id, String algorithm) {
		List<SigningKey> ring = this.ring;
		int index = index(ring, id);
		if (index < 0) {
			learn();
			ring = this.ring;
			index = index(ring, id);
		}
		return (index >= 0 && ring.get(index).algorithm().name().equals(algorithm) && !isOver(ring, index))
				? Optional.of(ring.get(index)) : Optional.empty();
	}

	/**
	 * What else may have signed a token of the shared secret: the secret that was set
	 * before, by this instance or by others that have not been started anew.
	 */
	Optional<SigningKey> alsoVerifying(@Nullable String id, String algorithm) {
		String previous = this.settings.secretPrevious();
		return (previous != null)
				? verifying((id != null) ? id : SigningKey.CONFIGURED, algorithm)
					.filter((key) -> key.id().equals(SigningKey.CONFIGURED))
					.map((key) -> new SigningKey(key.id(), key.algorithm(), secret(previous), key.signsFrom()))
				: Optional.empty();
	}

	private static int index(List<SigningKey> ring, @Nullable String id) {
		for (int i = ring.size() - 1; i >= 0; i--) {
			SigningKey key = ring.get(i);
			if ((id != null) ? key.id().equals(id) : key.algorithm() == SigningAlgorithm.HS256) {
				return i;
			}
		}
		return -1;
	}

	/** The keys whose public part anyone may know. */
	List<SigningKey> published() {
		List<SigningKey> ring = this.ring;
		List<SigningKey> published = new ArrayList<>();
		for (int i = 0; i < ring.size(); i++) {
			if (ring.get(i).algorithm() != SigningAlgorithm.HS256 && !isOver(ring, i)) {
				published.add(ring.get(i));
			}
		}
		return published;
	}

	/** Seals refresh tokens. */
	SecretKey sealing() {
		return this.sealing;
	}

	/**
	 * Makes the next key.
	 * @return which it is and when it begins to sign
	 * @throws StartRefused if a setting holds the secret
	 */
	SigningKey rotate() {
		List<Row> rows = signing(this.keys.all());
		if (this.settings.algorithm() == SigningAlgorithm.HS256 && this.settings.secret() != null) {
			throw new StartRefused("The secret is set by ACCOUNTS_TOKEN_SECRET: to change it, set another one, "
					+ "and this one as ACCOUNTS_TOKEN_SECRET_PREVIOUS until its tokens have expired.");
		}
		add(last(rows), LEAD);
		reload();
		return this.ring.get(this.ring.size() - 1);
	}

	/**
	 * Asks for keys that another instance may have made a moment ago: not more than once
	 * a second, as anyone can name a key that nobody has.
	 */
	private void learn() {
		long now = System.nanoTime();
		long last = this.learned.get();
		if (now - last > LEARN.toNanos() && this.learned.compareAndSet(last, now)) {
			reload();
		}
	}

	/** Learns what other instances did, and does what is due. */
	@Scheduled(fixedDelay = 20_000, initialDelay = 20_000)
	void tend() {
		List<Row> rows = signing(this.keys.all());
		Row last = last(rows);
		Duration interval = this.settings.rotationInterval();
		Instant now = this.clock.instant();
		if (last != null && !interval.isZero() && !last.id().equals(SigningKey.CONFIGURED)
				&& !Instant.ofEpochSecond(last.signsFrom()).plus(interval).isAfter(now.plus(LEAD))) {
			add(last, LEAD);
		}
		reload();
		List<SigningKey> ring = this.ring;
		for (int i = 0; i < ring.size(); i++) {
			if (isOver(ring, i)) {
				log.info("Removed the {}", ring.get(i));
				this.keys.delete(ring.get(i).id(), ring.get(i).signsFrom().getEpochSecond());
			}
		}
	}

	private void reload() {
		List<SigningKey> ring = new ArrayList<>();
		for (Row row : signing(this.keys.all())) {
			boolean configured = row.id().equals(SigningKey.CONFIGURED);
			SigningKey.Material material = configured ? configured() : readable(row);
			if (material != null || !configured) {
				ring.add(new SigningKey(row.id(), SigningAlgorithm.valueOf(row.algorithm()), material,
						Instant.ofEpochSecond(row.signsFrom())));
			}
		}
		this.ring = List.copyOf(ring);
	}

	/**
	 * Sees to it that a key of the configuration signs: at once where none did before,
	 * otherwise in turn.
	 */
	private void startSigning(List<Row> rows) {
		Row last = last(rows);
		if (this.settings.algorithm() == SigningAlgorithm.HS256 && this.settings.secret() != null) {
			if (last == null || !last.id().equals(SigningKey.CONFIGURED)) {
				// Every instance has it by its settings: nobody needs time to learn of it
				this.keys.add(row(SigningKey.CONFIGURED, SigningAlgorithm.HS256.name(), new byte[0], null, now(last)),
						last);
			}
		}
		else if (last == null || (last.id().equals(SigningKey.CONFIGURED) && this.settings.secret() == null)) {
			add(last, Duration.ZERO);
		}
		else if (last.id().equals(SigningKey.CONFIGURED)
				|| !last.algorithm().equals(this.settings.algorithm().name())) {
			add(last, LEAD);
		}
	}

	private void add(@Nullable Row last, Duration lead) {
		try {
			SigningAlgorithm algorithm = this.settings.algorithm();
			SigningKey.Material material = algorithm.create();
			byte[] publicKey = (algorithm != SigningAlgorithm.HS256) ? material.verifying().getEncoded() : null;
			Row row = row(newId(), algorithm.name(), material.signing().getEncoded(), publicKey,
					now(last) + lead.toSeconds());
			if (this.keys.add(row, last) && last != null) {
				log.info("Made the {}, which signs from {}", row, Instant.ofEpochSecond(row.signsFrom()));
			}
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** Now, or just after the last key began where that is still to come. */
	private long now(@Nullable Row last) {
		long now = this.clock.instant().getEpochSecond();
		return (last != null) ? Math.max(now, last.signsFrom() + 1) : now;
	}

	private boolean isOver(List<SigningKey> ring, int index) {
		return index + 1 < ring.size() && this.clock.instant()
			.isAfter(ring.get(index + 1).signsFrom().plus(this.settings.lifetime()).plus(SKEW));
	}

	private void encrypt(List<Row> rows) {
		List<Row> plain = rows.stream().filter((row) -> !row.encrypted() && row.material().length > 0).toList();
		if (this.cipher.encrypts() && !plain.isEmpty()) {
			plain.forEach((row) -> this.keys.encrypt(row.id(), this.cipher.encrypt(row.id(), row.material())));
			this.keys.forgetFormerBytes();
		}
	}

	private Row row(String id, String algorithm, byte[] material, byte @Nullable [] publicKey, long signsFrom) {
		boolean encrypted = this.cipher.encrypts() && material.length > 0;
		return new Row(id, algorithm, encrypted ? this.cipher.encrypt(id, material) : material, publicKey, encrypted,
				signsFrom);
	}

	private byte[] material(Row row) {
		return row.encrypted() ? this.cipher.decrypt(row.id(), row.material()) : row.material();
	}

	/**
	 * The key, or nothing if this instance's passphrase can't decrypt it. Requests that
	 * need it get 503.
	 * @throws StartRefused while the service starts
	 */
	private SigningKey.@Nullable Material readable(Row row) {
		if (this.unreadable.contains(row.id())) {
			return null;
		}
		try {
			return materials(row);
		}
		catch (StartRefused ex) {
			if (this.ring.isEmpty()) {
				throw ex;
			}
			this.unreadable.add(row.id());
			log.error("{} Until this service is started anew, it answers 503 to what needs the key.", ex.getMessage());
			return null;
		}
	}

	private SigningKey.Material materials(Row row) {
		return this.materials.computeIfAbsent(row.id(), (id) -> {
			try {
				return SigningAlgorithm.valueOf(row.algorithm()).read(material(row), row.publicKey());
			}
			catch (StartRefused ex) {
				throw ex;
			}
			catch (GeneralSecurityException | IllegalArgumentException ex) {
				throw new StartRefused("The " + row + " in the database is damaged: restore it from a backup.", ex);
			}
		});
	}

	private SigningKey.@Nullable Material configured() {
		String secret = this.settings.secret();
		String left = (secret != null) ? secret : this.settings.secretPrevious();
		return (left != null) ? secret(left) : null;
	}

	private static SigningKey.Material secret(String text) {
		SecretKey key = new SecretKeySpec(text.getBytes(StandardCharsets.UTF_8), "HmacSHA256");
		return new SigningKey.Material(key, key);
	}

	private static List<Row> signing(List<Row> rows) {
		return rows.stream().filter((row) -> !row.algorithm().equals(SEALING)).toList();
	}

	private static @Nullable Row last(List<Row> rows) {
		return rows.isEmpty() ? null : rows.get(rows.size() - 1);
	}

	private static String newId() {
		byte[] bytes = new byte[8];
		RANDOM.nextBytes(bytes);
		return HexFormat.of().formatHex(bytes);
	}

}
