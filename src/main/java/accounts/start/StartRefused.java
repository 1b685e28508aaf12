package accounts.start;

/**
 * The service cannot start right with what it was given. The message is one sentence for
 * the operator that says what to do. Nobody who reads a client's text may take it for a
 * fault of that text: it is no {@link IllegalArgumentException}. Passwords in the
 * sentence are hidden.
 */
public class StartRefused extends RuntimeException {

	public StartRefused(String sentence) {
		super(Secrets.hide(sentence));
	}

	public StartRefused(String sentence, Throwable cause) {
		super(Secrets.hide(sentence), cause);
	}

}
