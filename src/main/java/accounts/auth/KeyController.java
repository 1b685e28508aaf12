package accounts.auth;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import accounts.web.Cors;
import accounts.web.Open;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.util.DigestUtils;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * What other services need to trust our tokens without asking: public keys, and which
 * sessions have ended. Browsers may ask from anywhere, as nothing here is secret.
 */
@RestController
class KeyController {

	private static final MediaType STATUS_LIST = MediaType.parseMediaType("application/statuslist+jwt");

	private final AccessTokens tokens;

	private final StatusLists lists;

	private final SessionSettings settings;

	KeyController(AccessTokens tokens, StatusLists lists, SessionSettings settings) {
		this.tokens = tokens;
		this.lists = lists;
		this.settings = settings;
	}

	/** RFC 7517, section 5. */
	@Open
	@GetMapping("/.well-known/jwks.json")
	ResponseEntity<Map<String, Object>> keys(HttpServletResponse response) {
		Cors.openToAny(response);
		List<Map<String, Object>> keys = this.tokens.publicKeys();
		String tag = DigestUtils.md5DigestAsHex(keys.toString().getBytes(StandardCharsets.UTF_8));
		// Half of the time that a new key is published before it signs
		return open(KeyRing.LEAD.dividedBy(2)).eTag(tag).body(Map.of("keys", keys));
	}

	/** Token Status List, section 8. */
	@Open
	@GetMapping("/auth/status-lists/{number:0|[1-9][0-9]{0,13}}/")
	ResponseEntity<byte[]> statusList(@PathVariable long number, @RequestParam(required = false) @Nullable String time,
			HttpServletResponse response) {
		Cors.openToAny(response);
		if (time != null) {
			throw new StatusHistoryNotKept();
		}
		Duration ttl = this.settings.statusTtl();
		return this.lists.list(number)
			.map((token) -> open(ttl).contentType(STATUS_LIST).body(token.getBytes(StandardCharsets.US_ASCII)))
			.orElseThrow(StatusListNotFound::new);
	}

	/** Any cache may keep it. */
	private static ResponseEntity.BodyBuilder open(Duration maxAge) {
		return ResponseEntity.ok().cacheControl(CacheControl.maxAge(maxAge).cachePublic());
	}

}
