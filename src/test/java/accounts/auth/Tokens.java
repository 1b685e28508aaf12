package accounts.auth;

import accounts.Account;
import accounts.Answer;
import accounts.Client;
import accounts.Service;

/** What a login or a renewal answered with, for whoever got it to use. */
record Tokens(Client nobody, long sessionId, String token, String refreshToken) {

	static Tokens login(Service service, Account account) {
		return login(service.client(), account);
	}

	static Tokens login(Client nobody, Account account) {
		return of(nobody, Account.login(nobody, account.email(), account.password()));
	}

	static Tokens of(Client nobody, Answer answer) {
		answer.is(200);
		return new Tokens(nobody, answer.json().path("session_id").longValue(), answer.text("token"),
				answer.text("refresh_token"));
	}

	static Answer refresh(Client nobody, String refreshToken) {
		return nobody.post("/auth/refresh/", "{\"refresh_token\": \"%s\"}".formatted(refreshToken));
	}

	/** A client that sends the access token. */
	Client client() {
		return this.nobody.as(this.token);
	}

	Answer refresh() {
		return refresh(this.nobody, this.refreshToken);
	}

	Tokens refreshed() {
		return of(this.nobody, refresh());
	}

	String path() {
		return "/auth/sessions/" + this.sessionId + "/";
	}

	void areAlive() {
		client().get("/users/me/").is(200);
	}

	void areEnded() {
		client().get("/users/me/").refused(401, "Authentication failed");
		refresh().refused(401, "Session ended");
	}

}
