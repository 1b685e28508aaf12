package accounts.user;

/** A user is deleted, as of the transaction that this is published in. */
public record UserDeleted(long userId) {

}
