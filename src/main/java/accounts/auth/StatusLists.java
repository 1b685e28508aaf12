package accounts.auth;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * Says which sessions have ended to those who check tokens by themselves: one bit a
 * session, in signed lists (Token Status List, draft-ietf-oauth-status-list-17).
 */
@Component
class StatusLists {

	/** Sessions in a list: 8 KiB before they are compressed. */
	static final int SIZE = 1 << 16;

	/** However many ask, a list is made once in this time. */
	private static final long FRESH_NANOS = 1_000_000_000;

	private final SessionRepository sessions;

	private final AccessTokens tokens;

	private final SessionSettings settings;

	private final String url;

	private final Map<Long, Made> lists = new ConcurrentHashMap<>();

	StatusLists(SessionRepository sessions, AccessTokens tokens, SessionSettings settings,
			@Value("${accounts.url}") String url) {
		this.sessions = sessions;
		this.tokens = tokens;
		this.settings = settings;
		this.url = url.replaceFirst("/+$", "");
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
			if (made != null && System.nanoTime() - made.nanos < FRESH_NANOS) {
				return made;
			}
			long now = System.nanoTime();
			return new Made(
					this.tokens.issueStatusList(uri(number), this.settings.statusTtl().toSeconds(), bits(number)), now);
		}).token);
	}

	private String bits(long number) {
		byte[] bits = new byte[SIZE / 8];
		for (long id : this.sessions.ended(number * SIZE, (number + 1) * SIZE)) {
			int index = (int) (id % SIZE);
			bits[index / 8] |= (byte) (1 << (index % 8));
		}
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (DeflaterOutputStream zlib = new DeflaterOutputStream(bytes, new Deflater(Deflater.BEST_COMPRESSION))) {
			zlib.write(bits);
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
	private record Made(String token, long nanos) {

	}

}
