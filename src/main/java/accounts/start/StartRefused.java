package accounts.start;

/**
 * The service cannot start right with what it was given. The message is one sentence for
 * the operator that says what to do.
 */
public class StartRefused extends IllegalArgumentException {

	public StartRefused(String sentence) {
		super(sentence);
	}

	public StartRefused(String sentence, Throwable cause) {
		super(sentence, cause);
	}

}
