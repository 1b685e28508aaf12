package accounts.user;

import org.jspecify.annotations.Nullable;

/**
 * The current password was the right one.
 *
 * @param session the login that said it
 */
public record PasswordProved(long userId, @Nullable Long session) {

}
