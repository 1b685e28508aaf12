package accounts.user;

import java.util.Locale;

import accounts.web.Fields;
import org.jspecify.annotations.Nullable;

import org.springframework.stereotype.Component;

/**
 * What a name, an email and a password must be. Each rule returns the text as it is kept,
 * or throws {@link IllegalArgumentException} with what it must be. Lengths count
 * characters, not bytes or UTF-16 units.
 */
@Component
public class AccountRules {

	private final PasswordSettings passwords;

	private final @Nullable CommonPasswords common;

	AccountRules(PasswordSettings passwords) {
		this.passwords = passwords;
		this.common = passwords.refuseCommon() ? new CommonPasswords() : null;
	}

	String name(String text) {
		String name = Fields.filled(Fields.text(text).strip());
		if (length(name) > 200) {
			throw new IllegalArgumentException("must be text of 1 to 200 characters");
		}
		return name;
	}

	String email(String text) {
		String email = Fields.filled(normalEmail(Fields.text(text)));
		int at = email.indexOf('@');
		if (at < 1 || at != email.lastIndexOf('@') || at == email.length() - 1 || length(email) > 254
				|| email.codePoints().anyMatch(AccountRules::isSpace)) {
			throw new IllegalArgumentException(
					"must be an email address of at most 254 characters: one @ with something on both sides, no spaces");
		}
		return email;
	}

	/**
	 * ASVS 6.2.8-6.2.10: every character counts, none is changed.
	 * @param firstName of the user whose password it is to be, as the others
	 */
	String password(String text, String firstName, String lastName, String email) {
		int length = length(Fields.text(text));
		if (length < this.passwords.minLength() || length > this.passwords.maxLength()) {
			throw new IllegalArgumentException("must be text of " + passwordLength());
		}
		if (this.common != null && this.common.contains(text)) {
			throw new IllegalArgumentException("must not be a common password, nor one repeated");
		}
		if (this.passwords.refuseOwn()
				&& new OwnWords(firstName, lastName, email, this.passwords.serviceName()).prevailIn(text)) {
			throw new IllegalArgumentException(
					"must not be mainly the user's name, the user's email or the service's name");
		}
		return text;
	}

	/** What a new password must be, in words. */
	public String passwordPolicy() {
		return passwordLength() + (this.passwords.refuseCommon() ? ", no common ones" : "")
				+ (this.passwords.refuseOwn() ? ", no names or emails" : "");
	}

	private String passwordLength() {
		return this.passwords.minLength() + " to " + this.passwords.maxLength() + " characters";
	}

	/** The one form in which an account's email is kept and looked up. */
	public static String normalEmail(String typed) {
		return typed.strip().toLowerCase(Locale.ROOT);
	}

	private static int length(String text) {
		return text.codePointCount(0, text.length());
	}

	private static boolean isSpace(int codePoint) {
		return Character.isWhitespace(codePoint) || Character.isSpaceChar(codePoint);
	}

}
