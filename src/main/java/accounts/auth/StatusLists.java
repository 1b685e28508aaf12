package accounts.auth;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

import accounts.web.AddressSettings;

import org.springframework.stereotype.Component;

/**
 * Says which sessions have ended to those who check tokens by themselves: one bit a
 * session, in signed lists (Token Status List, draft-ietf-oauth-status-list).
 */
@Component
class StatusLists {

	/** Sessions in a list: 8 KiB before they are compressed. */
	static final int SIZE = 1 << 16;

	/** However many ask, a list is made once in this time. */
	private static final Duration FRESH = Duration.ofSeconds(1);

	private final SessionRepository sessions;

	private final AccessTokens tokens;

	private final SessionSettings settings;

	private final Clock clock;

	private final String url;

	private final Map<Long, Made> lists = new ConcurrentHashMap<>();

	StatusLists(SessionRepository sessions, AccessTokens tokens, SessionSettings settings, Clock clock,
			AddressSettings addresses) {
		this.sessions = sessions;
		this.tokens = tokens;
		this.settings = settings;
		this.clock = clock;
		this.url = addresses.url().replaceFirst("/+$", "");
	}

	/** Where a session's bit stands. */
	Reference reference(long sessionId) {
		return new Reference(uri(sessionId / SIZE), (int) (sessionId % SIZE));
	}

	/** The list of that number as a signed token, if any session is in it. */
	Optional<String> list(long number) {
		if (number > this.sessions.newest() / SIZE) {
			return Optional.empty();
		}
		return Optional.of(this.lists.compute(number, (key, made) -> {
			Instant now = this.clock.instant();
			if (made != null && Duration.between(made.on, now).abs().compareTo(FRESH) < 0) {
				return made;
			}
			return new Made(
					this.tokens.issueStatusList(uri(number), this.settings.statusTtl().toSeconds(), bits(number)), now);
		}).token);
	}

	private String bits(long number) {
		return encode(this.sessions.ended(number * SIZE, (number + 1) * SIZE), SIZE);
	}

	/** The least significant bit of each byte comes first, compressed (section 4.1). */
	static String encode(BitSet set, int size) {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (DeflaterOutputStream zlib = new DeflaterOutputStream(bytes, new Deflater(Deflater.BEST_COMPRESSION))) {
			zlib.write(Arrays.copyOf(set.toByteArray(), size / 8));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toByteArray());
	}

	private String uri(long number) {
		return this.url + "/auth/status-lists/" + number + "/";
	}

	/** A session's place in the lists, as its tokens name it. */
	record Reference(String uri, int index) {

	}

	/** A list and when it was made. */
	private record Made(String token, Instant on) {

	}

}
