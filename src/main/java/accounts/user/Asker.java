package accounts.user;

import org.jspecify.annotations.Nullable;

/**
 * Where a change is asked for.
 *
 * @param session the login; a token that another program made has none
 * @param address the client's
 */
public record Asker(@Nullable Long session, String address) {

}
