package accounts;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Somebody who has signed up and logged in.
 *
 * @param client sends the token with each request
 */
public record Account(long id, String email, String password, String token, Client client) {

	private static final AtomicLong NUMBERS = new AtomicLong();

	public static String newEmail() {
		return "user" + NUMBERS.incrementAndGet() + "-" + System.nanoTime() + "@example.com";
	}

	public static Account signUp(Client nobody) {
		String email = newEmail();
		// Nothing of the email in it, which some services refuse
		String password = "pässwörd 🦉 no. " + System.nanoTime();
		long id = nobody
			.post("/users/",
					"""
							{"first_name": "Luna", "last_name": "Lovegood", "email": "%s", "password": "%s"}"""
						.formatted(email, password))
			.is(201)
			.json()
			.path("id")
			.longValue();
		String token = login(nobody, email, password).is(200).text("token");
		return new Account(id, email, password, token, nobody.as(token));
	}

	public static Answer login(Client client, String email, String password) {
		return client.post("/auth/get-token/", """
				{"email": "%s", "password": "%s"}""".formatted(email, password));
	}

	public String path() {
		return "/users/" + this.id + "/";
	}

}
