package accounts.web;

import java.util.List;
import java.util.regex.Pattern;

import accounts.start.StartRefused;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Which pages in a browser may read the answers.
 *
 * @param origins where the pages come from, or {@code *} for any; none by default
 */
@ConfigurationProperties("accounts.cors")
record CorsSettings(@DefaultValue List<String> origins) {

	static final String ANY = "*";

	/** An origin as a browser writes it (RFC 6454, section 6.2). */
	private static final Pattern ORIGIN = Pattern
		.compile("[a-z][a-z0-9+.-]*://([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\\[[0-9a-f:.]+])(:[1-9][0-9]{0,4})?");

	/** What a browser leaves out, so that it would match nothing. */
	private static final Pattern DEFAULT_PORT = Pattern.compile("http://.*:80|https://.*:443");

	CorsSettings {
		origins = List.copyOf(origins);
		for (String origin : origins) {
			if (!origin.equals(ANY) && (!ORIGIN.matcher(origin).matches() || DEFAULT_PORT.matcher(origin).matches())) {
				throw new StartRefused("ACCOUNTS_CORS_ORIGINS names " + origin
						+ ": each must be an origin as a browser writes it, in lower case and with neither path nor "
						+ "default port, like https://app.example.org or http://localhost:3000, or one * for any.");
			}
		}
		if (origins.contains(ANY) && origins.size() > 1) {
			throw new StartRefused("ACCOUNTS_CORS_ORIGINS must be either * or a list of origins, not both.");
		}
	}

	boolean isOpen() {
		return !this.origins.isEmpty();
	}

	boolean isOpenToAny() {
		return this.origins.contains(ANY);
	}

	boolean allows(String origin) {
		return isOpenToAny() || this.origins.contains(origin);
	}

}
