package accounts.user;

/** A user has another password, as of the transaction that this is published in. */
public record PasswordChanged(long userId, Asker asker) {

}
