package accounts.user;

import accounts.web.Fields;
import accounts.web.Texts;
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
		String name = Fields.filled(Texts.trimmed(Fields.text(text)));
		if (Texts.isBlank(name) || length(name) > 200) {
			throw new IllegalArgumentException("must be text of 1 to 200 characters, not all of them invisible");
		}
		return name;
	}

	String email(String text) {
		String email = Fields.filled(Texts.email(Fields.text(text)));
		int at = email.indexOf('@');
		if (at < 1 || at != email.lastIndexOf('@') || at == email.length() - 1 || length(email) > 254
				|| email.chars().anyMatch(Texts::isSpace) || Texts.hasInvisible(email)) {
			throw new IllegalArgumentException("must be an email address of at most 254 characters: "
					+ "one @ with something on both sides, no spaces, no invisible characters");
		}
		return email;
	}

	/**
	 * ASVS 6.2.8-6.2.10: every character counts, none is changed but for how Unicode
	 * writes it (NIST SP 800-63B-4, 3.1.1.2).
	 * @param firstName of the user whose password it is to be, as the others
	 */
	String password(String typed, String firstName, String lastName, String email) {
		String text = Texts.nfc(Fields.text(typed));
		int length = length(text);
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

	private static int length(String text) {
		return text.codePointCount(0, text.length());
	}

}
