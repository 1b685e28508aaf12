package accounts.web;

import java.util.regex.Pattern;

/**
 * Reads numbers in the digits 0 to 9 alone. Java's own parsing takes the digits of every
 * script.
 */
public final class Digits {

	private static final Pattern DIGITS = Pattern.compile("-?[0-9]+");

	private Digits() {
	}

	/**
	 * Reads a whole number.
	 * @throws NumberFormatException if the text is none, or is beyond 64 bits
	 */
	public static long number(String text) {
		if (!DIGITS.matcher(text).matches()) {
			throw new NumberFormatException("not a number in the digits 0 to 9");
		}
		return Long.parseLong(text);
	}

}
