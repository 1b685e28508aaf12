package accounts.user;

import org.jspecify.annotations.Nullable;

/**
 * Who is logged in says what the current password is, which is about to be looked at
 * unless a listener refuses.
 *
 * @param session the login that says so
 */
public record ProvingPassword(long userId, @Nullable Long session) {

}
