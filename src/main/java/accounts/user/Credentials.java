package accounts.user;

/**
 * What a login is checked against, which never leaves the service.
 *
 * @param hash of the password, in a form that names its algorithm
 */
public record Credentials(User user, String hash) {

	@Override
	public String toString() {
		return "Credentials of user " + this.user.id();
	}

}
