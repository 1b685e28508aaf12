package accounts.user;

/**
 * Somebody is about to sign up, unless a listener refuses.
 *
 * @param address the client's
 */
public record SigningUp(String address) {

}
