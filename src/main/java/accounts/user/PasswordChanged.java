package accounts.user;

import org.jspecify.annotations.Nullable;

/**
 * A user has another password, as of the transaction that this is published in.
 *
 * @param session the login that changed it
 */
public record PasswordChanged(long userId, @Nullable Long session) {

}
