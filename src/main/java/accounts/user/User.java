package accounts.user;

import java.time.Instant;

/**
 * An account, as everybody who is logged in may see it.
 *
 * @param id given once, never again
 * @param email trimmed, in NFC and lower case, one account's only
 * @param createdOn when it signed up, to the second
 */
public record User(long id, String firstName, String lastName, String email, Instant createdOn) {

}
