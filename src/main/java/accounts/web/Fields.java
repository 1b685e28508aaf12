package accounts.web;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads the members of a request's body, or the parameters of its query, and remembers
 * which of them are wrong, so that the client is told of all at once.
 */
public final class Fields {

	private final Map<String, String> wrong = new LinkedHashMap<>();

	private boolean onlyMissing = true;

	/**
	 * Reads a text that must be there.
	 * @param name the member's name, as the client wrote it
	 * @param value the member, {@code null} where it was left out
	 * @param rule makes the value of the text, or throws {@link IllegalArgumentException}
	 * with what the text must be
	 * @return the value; an empty one where it is wrong, for {@link #refuseWrong()} to
	 * refuse
	 */
	public String required(String name, @Nullable JsonNode value, Function<String, String> rule) {
		if (value == null) {
			this.wrong.put(name, "is required");
			return "";
		}
		String read = optional(name, value, rule);
		return (read != null) ? read : "";
	}

	/**
	 * Reads a text that may be left out, which is {@code null}, but must not be empty.
	 */
	public @Nullable String optional(String name, @Nullable JsonNode value, Function<String, String> rule) {
		if (value == null) {
			return null;
		}
		if (value.isNull()) {
			this.wrong.put(name, Empty.SENTENCE);
			return null;
		}
		if (!value.isString()) {
			refuse(name, "must be text");
			return null;
		}
		return read(name, value.stringValue(), (text) -> rule.apply(filled(text)));
	}

	/**
	 * Reads a query's parameter that may be left out, which is {@code null}, as one that
	 * is wrong is.
	 */
	public <T> @Nullable T parameter(String name, @Nullable List<String> values, Function<String, T> rule) {
		if (values == null) {
			return null;
		}
		// No query needs any: an empty one is wrong and not missing
		this.onlyMissing = false;
		if (values.size() > 1) {
			refuse(name, "must be given once");
			return null;
		}
		return read(name, values.get(0), rule);
	}

	private <T> @Nullable T read(String name, String text, Function<String, T> rule) {
		try {
			return rule.apply(text);
		}
		catch (Empty ex) {
			this.wrong.put(name, Empty.SENTENCE);
		}
		catch (IllegalArgumentException ex) {
			refuse(name, String.valueOf(ex.getMessage()));
		}
		return null;
	}

	private void refuse(String name, String rule) {
		this.wrong.put(name, rule);
		this.onlyMissing = false;
	}

	/**
	 * Ends the request if any field was wrong.
	 * @throws InvalidFields with all of them
	 */
	public void refuseWrong() {
		if (!this.wrong.isEmpty()) {
			throw new InvalidFields(this.wrong, this.onlyMissing);
		}
	}

	/**
	 * The rule of every text: no control characters, no half of a surrogate pair.
	 * @throws IllegalArgumentException if the text has one
	 */
	public static String text(String text) {
		if (text.codePoints().anyMatch(Fields::isNoCharacter)) {
			throw new IllegalArgumentException("must have no control characters and no unpaired surrogates");
		}
		return text;
	}

	/**
	 * The rule of a text that must not be empty, for those that are trimmed first.
	 * @throws IllegalArgumentException if the text has no character
	 */
	public static String filled(String text) {
		if (text.isEmpty()) {
			throw new Empty();
		}
		return text;
	}

	private static boolean isNoCharacter(int codePoint) {
		int type = Character.getType(codePoint);
		return type == Character.CONTROL || type == Character.SURROGATE;
	}

	/** A text without a character, which counts as left out. */
	private static final class Empty extends IllegalArgumentException {

		private static final String SENTENCE = "must not be empty";

		Empty() {
			super(SENTENCE);
		}

	}

}
