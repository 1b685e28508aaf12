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

	/** Reads a text that may be left out, which is {@code null}. */
	public @Nullable String optional(String name, @Nullable JsonNode value, Function<String, String> rule) {
		if (value == null) {
			return null;
		}
		if (!value.isString()) {
			this.wrong.put(name, "must be text");
			return null;
		}
		return read(name, value.stringValue(), rule);
	}

	/**
	 * Reads a query's parameter that may be left out, which is {@code null}, as one that
	 * is wrong is.
	 */
	public <T> @Nullable T parameter(String name, @Nullable List<String> values, Function<String, T> rule) {
		if (values == null) {
			return null;
		}
		if (values.size() > 1) {
			this.wrong.put(name, "must be given once");
			return null;
		}
		return read(name, values.get(0), rule);
	}

	private <T> @Nullable T read(String name, String text, Function<String, T> rule) {
		try {
			return rule.apply(text);
		}
		catch (IllegalArgumentException ex) {
			this.wrong.put(name, String.valueOf(ex.getMessage()));
			return null;
		}
	}

	/**
	 * Ends the request if any field was wrong.
	 * @throws InvalidFields with all of them
	 */
	public void refuseWrong() {
		if (!this.wrong.isEmpty()) {
			throw new InvalidFields(this.wrong);
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

	private static boolean isNoCharacter(int codePoint) {
		int type = Character.getType(codePoint);
		return type == Character.CONTROL || type == Character.SURROGATE;
	}

}
