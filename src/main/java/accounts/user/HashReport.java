package accounts.user;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import accounts.user.UserRepository.OldHashes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * Tells the operator at the start how many accounts have a password hash that can't be
 * checked: nobody gets into them, and all they are told is that the password is wrong.
 */
@Component
class HashReport {

	private static final Logger log = LoggerFactory.getLogger(HashReport.class);

	/** How many users are looked at in one query. */
	private static final int STRETCH = 10_000;

	/**
	 * What may be shown of a hash: how it was made, by names that everybody knows. All
	 * else could be a password that was never hashed.
	 */
	private static final Pattern KIND = Pattern.compile("(?s)("
			// Werkzeug
			+ "plain|(?:pbkdf2:)?(?:md[45]|sha\\d{1,3}|sha512_\\d{3}|sha3_\\d{3}|blake2[bs]|ripemd160|sm3)(?::\\d{1,12})?"
			+ "|scrypt(?::\\d{1,12}){3}"
			// Django
			+ "|pbkdf2_sha1|pbkdf2_sha256|argon2|bcrypt|bcrypt_sha256|scrypt"
			// crypt(3) and passlib
			+ "|\\$(?:1|2[abxy]?|5|6|7|y|P|H|apr1|argon2(?:id|i|d)|pbkdf2(?:-sha\\d{1,3})?|bcrypt-sha256|scrypt|wp)"
			+ ")\\$.*"
			// Spring Security and ours
			+ "|(?s:(\\{(?:noop|bcrypt|scrypt|pbkdf2|argon2|ldap|MD4|MD5|SHA-1|SHA-256|sha256|SSHA|SHA)\\}).*)");

	private final UserRepository users;

	HashReport(UserRepository users) {
		this.users = users;
	}

	@EventListener(ApplicationReadyEvent.class)
	void report() {
		try {
			Map<String, Integer> kinds = count();
			if (!kinds.isEmpty()) {
				log.warn(
						"{} accounts can't log in, as their password hashes can't be checked: {}. "
								+ "Give each of them a new one, as src/docs/security.md says under \"Old hashes\"",
						kinds.values().stream().mapToInt(Integer::intValue).sum(),
						kinds.entrySet()
							.stream()
							.map((kind) -> kind.getValue() + " of " + kind.getKey())
							.collect(Collectors.joining(", ")));
			}
		}
		catch (DataAccessException ex) {
			log.warn("The password hashes could not be looked at: {}",
					NestedExceptionUtils.getMostSpecificCause(ex).getMessage());
		}
	}

	/** How many accounts have a hash that can't be checked, by its kind. */
	private Map<String, Integer> count() {
		Map<String, Integer> kinds = new TreeMap<>();
		Optional<OldHashes> old = this.users.oldHashes(0, STRETCH);
		while (old.isPresent()) {
			old.get()
				.hashes()
				.stream()
				.flatMap((hash) -> uncheckable(hash).stream())
				.forEach((kind) -> kinds.merge(kind, 1, Integer::sum));
			old = this.users.oldHashes(old.get().last(), STRETCH);
		}
		return kinds;
	}

	/** The kind of a hash that can't be checked, or nothing if it can. */
	static Optional<String> uncheckable(@Nullable String hash) {
		Optional<WerkzeugHash> read = WerkzeugHash.read(hash);
		if (read.isPresent() && LimitedEncoder.hasRoom(read.get().memory())) {
			return Optional.empty();
		}
		Matcher kind = KIND.matcher((hash != null) ? hash : "");
		String name = "no known kind";
		if (kind.matches()) {
			name = (kind.group(1) != null) ? kind.group(1) : kind.group(2);
		}
		return Optional.of(read.isPresent() ? name + " (the heap is too small: more by -Xmx)" : name);
	}

}
