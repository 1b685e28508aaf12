package accounts.user;

import java.util.HexFormat;
import java.util.Random;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Which new passwords are refused as too easy to guess, and which are not. */
class PasswordRuleTests {

	private static final String COMMON = "must not be a common password, nor one repeated";

	private static final String OWN = "must not be mainly the user's name, the user's email or the service's name";

	private final CommonPasswords common = new CommonPasswords();

	@DisplayName("NIST 800-63B-4 3.1.1.2, ASVS 6.2.4, 6.2.12: common and breached passwords, of any length")
	@ParameterizedTest
	@ValueSource(strings = { "1234", "123456", "password", "iloveyou", "P@ssw0rd", "Password1", "letmein123",
			"123456789qwerty", "1qaz2wsx3edc4rfv", "qwertyuiop123456789", "passwordpassword", "perasperaadastra",
			"30secondstomars", "zybneva987654321" })
	void commonPasswordsAreFound(String password) {
		assertThat(this.common.contains(password)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "PASSWORD", "ｐａｓｓｗｏｒｄ", "QwertyUiop", "ﬁsherman" })
	void howTheLettersAreWrittenMakesNoDifference(String password) {
		assertThat(this.common.contains(password)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "aaaaaaaaaaaaaaa", "               ", "xyxyxyxyxyxyxyxyx", "123412341234123",
			"Monkey1monkeY1monkey1", "dragondragondra", "🦉🦉🦉🦉🦉🦉🦉🦉🦉🦉🦉🦉🦉🦉🦉" })
	void oneRepeatedIsNoBetter(String password) {
		assertThat(this.common.contains(password)).isTrue();
	}

	@DisplayName("NIST 800-63B-4 3.1.1.2: the whole password counts, not the words in it; no composition rules")
	@ParameterizedTest
	@ValueSource(strings = { "correct horse battery staple", "password of the owl", "my dragon has 123456 scales",
			"ein ganz langer Satz", "purple-otter-purple-otter", "это моя длинная фраза",
			"🦉🐈🦆🐕🦔🐖🦇🐿🦦🦡🦨🦫🐁🐀🐇", "kxwvqzjt" })
	void otherPasswordsAreFine(String password) {
		assertThat(this.common.contains(password)).isFalse();
	}

	@Test
	void aRandomPasswordIsNotTakenForACommonOne() {
		Random random = new Random(1);
		byte[] bytes = new byte[10];
		for (int i = 0; i < 10_000; i++) {
			random.nextBytes(bytes);
			String password = HexFormat.of().formatHex(bytes);
			assertThat(this.common.contains(password)).as(password).isFalse();
		}
	}

	@DisplayName("NIST 800-63B-4 3.1.1.2, ASVS 6.2.11: the names of the user and of the service, and the email")
	@ParameterizedTest
	@ValueSource(strings = { "Annabel", "lovegood", "LOVEGOOD!", "annabel lovegood", "LovegoodAnnabel",
			"Annabel.Lovegood.1981", "annabel@mail.ministry.example", "annabelmail", "ministry", "Ministry2026!",
			"accounts", "accounts accounts 123", "ａｎｎａｂｅｌ", "moonlight.7", "Moonlight2026",
			"annabel-moonlight-accounts-lovegood" })
	void namesAndEmailsAreRefused(String password) {
		OwnWords words = new OwnWords("Annabel", "Lovegood", "annabel.moonlight.7@mail.ministry.example", "accounts");
		assertThat(words.prevailIn(password)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "Annabel is a name of seven letters", "examples of what is fine",
			"correct horse battery staple", "!!!!!!!!", "", "account" })
	void aLongPasswordMayHaveANameInIt(String password) {
		OwnWords words = new OwnWords("Annabel", "Lovegood", "annabel.moonlight.7@mail.ministry.example", "accounts");
		assertThat(words.prevailIn(password)).isFalse();
	}

	@ParameterizedTest
	@CsvSource({ "Ann, A, anna banana cannot, false", "A, Bo, abracadabra bobcat, false", "A, Bo, Bo, true",
			"A, Bo, abo-bo, true", "李, 明, 李明, true", "李, 明, 李明的猫喜欢喝牛奶和吃鱼肉, false", "Zoë, Ng, ZOË-Ng-Zoe\u0308, true",
			"O’Neil, van der Berg, oneil vanderberg, true", "Jean-Luc, Picard, jean luc picard 1701, true" })
	void aShortNameIsNoReasonToRefuseWordsWithItsLetters(String firstName, String lastName, String password,
			boolean refused) {
		OwnWords words = new OwnWords(firstName, lastName, "x@localhost", "accounts");
		assertThat(words.prevailIn(password)).isEqualTo(refused);
	}

	@DisplayName("NIST 800-63B-4 3.1.1.2, ASVS 6.2.1: the sentence says which rule; lengths count code points")
	@Test
	void theSentenceNamesTheRule() {
		AccountRules rules = rules(15, true, true);
		refused(rules, "fourteen chars", "must be text of 15 to 256 characters");
		refused(rules, "x".repeat(257), "must be text of 15 to 256 characters");
		refused(rules, "🦉🐈🦆🐕🦔🐖🦇🐿🦦🦡🦨🦫🐁🐀", "must be text of 15 to 256 characters");
		refused(rules, "123456789qwerty", COMMON);
		refused(rules, "annabel lovegood", OWN);
		refused(rules, "e\u0301".repeat(14), "must be text of 15 to 256 characters");
		for (String password : new String[] { "fifteen letters", "🦉🐈🦆🐕🦔🐖🦇🐿🦦🦡🦨🦫🐁🐀🐇",
				"x y".repeat(85) + "z", "  two spaces on both sides  " }) {
			assertThatCode(() -> assertThat(check(rules, password)).isEqualTo(password)).doesNotThrowAnyException();
		}
	}

	@Test
	void eachRuleWorksAlone() {
		AccountRules noCommon = rules(8, true, false);
		refused(noCommon, "iloveyou", COMMON);
		refused(noCommon, "iloveyo", "must be text of 8 to 256 characters");
		assertThat(check(noCommon, "annabel lovegood")).isNotNull();
		AccountRules noOwn = rules(1, false, true);
		refused(noOwn, "annabel", OWN);
		assertThat(check(noOwn, "1234")).isNotNull();
		assertThat(check(rules(1, false, false), "1")).isNotNull();
	}

	private static AccountRules rules(int minLength, boolean refuseCommon, boolean refuseOwn) {
		return new AccountRules(new PasswordSettings(minLength, 256, refuseCommon, refuseOwn, "accounts", false,
				new PasswordSettings.Argon2(64, 1, 1)));
	}

	private static String check(AccountRules rules, String password) {
		return rules.password(password, "Annabel", "Lovegood", "annabel@example.org");
	}

	private static void refused(AccountRules rules, String password, String sentence) {
		assertThatThrownBy(() -> check(rules, password)).isInstanceOf(IllegalArgumentException.class)
			.hasMessage(sentence);
	}

}
