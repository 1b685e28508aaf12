package accounts.start;

import java.util.regex.Pattern;

/** Hides passwords in what is printed: in URLs, well-formed or not, and in settings. */
public final class Secrets {

	/** Up to the last @ of a word, as a password may have one. */
	private static final Pattern USER_INFO = Pattern.compile("//\\S*@");

	private static final Pattern PARAMETER = Pattern.compile("([\\w.-]*(?:pass|pwd|secret|token)[\\w.-]*=)[^\\s&;]+",
			Pattern.CASE_INSENSITIVE);

	private Secrets() {
	}

	/** Whether a parameter or setting of this name holds one. */
	public static boolean isSecret(String name) {
		return PARAMETER.matcher(name + "=x").matches();
	}

	public static String hide(String text) {
		return PARAMETER.matcher(USER_INFO.matcher(text).replaceAll("//***@")).replaceAll("$1***");
	}

}
