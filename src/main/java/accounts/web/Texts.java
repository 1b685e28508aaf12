package accounts.web;

import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;

/** What is the same to a reader, though its characters are not. */
public final class Texts {

	/**
	 * Unicode's Default_Ignorable_Code_Point, which no regular expression of Java 17
	 * knows. The characters that turn the direction of writing are among them.
	 */
	private static final Pattern INVISIBLE = Pattern.compile("[\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5"
			+ "\\u180B-\\u180F\\u200B-\\u200F\\u202A-\\u202E\\u2060-\\u206F\\u3164\\uFE00-\\uFE0F\\uFEFF\\uFFA0"
			+ "\\uFFF0-\\uFFF8\\x{1BCA0}-\\x{1BCA3}\\x{1D173}-\\x{1D17A}\\x{E0000}-\\x{E0FFF}]");

	private Texts() {
	}

	/** The one form in which an email is kept and looked up, however it is typed. */
	public static String email(String typed) {
		return lowerCase(trimmed(typed));
	}

	/**
	 * The text in lower case and NFC. Some letters can be put together with their marks
	 * only when they are in lower case.
	 */
	public static String lowerCase(String text) {
		return nfc(nfc(text).toLowerCase(Locale.ROOT));
	}

	/** The text with its letters and their marks put together, where Unicode can. */
	public static String nfc(String text) {
		return Normalizer.normalize(text, Normalizer.Form.NFC);
	}

	/** The text without the spaces of any script around it. */
	public static String trimmed(String text) {
		int end = text.length();
		while (end > 0 && isSpace(text.charAt(end - 1))) {
			end--;
		}
		return trimmedAtStart(text.substring(0, end));
	}

	/** The text without the spaces of any script before it. */
	public static String trimmedAtStart(String text) {
		int start = 0;
		while (start < text.length() && isSpace(text.charAt(start))) {
			start++;
		}
		return text.substring(start);
	}

	/** Whether it is a space of any script. All of them have 16 bits. */
	public static boolean isSpace(int character) {
		return Character.isWhitespace(character) || Character.isSpaceChar(character);
	}

	/** Whether there is a character in it that nobody sees, spaces aside. */
	public static boolean hasInvisible(String text) {
		return INVISIBLE.matcher(text).find();
	}

	/** Whether a reader would see nothing of it. */
	public static boolean isBlank(String text) {
		return trimmed(INVISIBLE.matcher(text).replaceAll("")).isEmpty();
	}

}
