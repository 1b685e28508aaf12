package accounts.user;

/** A user has another email, as of the transaction that this is published in. */
public record EmailChanged(long userId, Asker asker) {

}
