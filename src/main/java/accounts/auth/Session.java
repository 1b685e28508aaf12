package accounts.auth;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * A login that still holds, as its user may see it.
 *
 * @param expiresOn when it ends if it is not used before
 * @param userAgent what the client that logged in called itself
 * @param ip the address it came from
 */
record Session(long id, Instant createdOn, Instant lastUsedOn, Instant expiresOn, @Nullable String userAgent,
		@Nullable String ip) {

}
