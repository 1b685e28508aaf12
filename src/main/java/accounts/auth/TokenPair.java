package accounts.auth;

/** What a login and each renewal answer with. */
record TokenPair(long userId, String token, long expiresIn, String refreshToken, long sessionId) {

	@Override
	public String toString() {
		return "Tokens of user " + this.userId;
	}

}
