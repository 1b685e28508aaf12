package accounts.database;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.regex.Pattern;

import accounts.start.Secrets;
import accounts.start.StartRefused;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/**
 * Where a PostgreSQL database is. Its passwords are apart, so that no message of the
 * driver, the pool or the migrations can hold one.
 *
 * @param text the URL without its passwords
 * @param secrets the parameters that are passwords
 */
record PostgresUrl(String text, Properties secrets) {

	static final String PREFIX = "jdbc:postgresql:";

	private static final String HOST = "(?:\\[[^/@\\[\\]]*]|[^/@:\\[\\],]*)(?::0*[1-9][0-9]{0,4})?";

	/** What the driver takes, which would print in its log what it does not take. */
	private static final Pattern SERVER = Pattern.compile(PREFIX + "(?://(?:" + HOST + "(?:," + HOST + ")*)?/)?[^/@]*");

	/**
	 * Takes a URL apart.
	 * @throws StartRefused if it is none
	 */
	static PostgresUrl of(String url) {
		int end = url.indexOf('?');
		String server = (end < 0) ? url : url.substring(0, end);
		if (server.contains("@")) {
			throw new StartRefused("SPRING_DATASOURCE_URL has an @, and the driver of PostgreSQL takes no user and "
					+ "password in front of the host: write it like jdbc:postgresql://127.0.0.1:5432/accounts, and set "
					+ "SPRING_DATASOURCE_USERNAME and SPRING_DATASOURCE_PASSWORD.");
		}
		if (!SERVER.matcher(server).matches()) {
			throw noUrl();
		}
		List<String> others = new ArrayList<>();
		Properties secrets = new Properties();
		for (String parameter : ((end < 0) ? "" : url.substring(end + 1)).split("&", -1)) {
			int equals = parameter.indexOf('=');
			if (equals < 0 || !Secrets.isSecret(parameter.substring(0, equals))) {
				others.add(parameter);
				continue;
			}
			try {
				secrets.setProperty(parameter.substring(0, equals),
						URLDecoder.decode(parameter.substring(equals + 1), StandardCharsets.UTF_8));
			}
			catch (IllegalArgumentException ex) {
				// Whose message has the password
				throw noUrl();
			}
		}
		String text = (end < 0) ? server : server + "?" + String.join("&", others);
		if (Driver.parseURL(text, null) == null) {
			throw noUrl();
		}
		return new PostgresUrl(text, secrets);
	}

	private static StartRefused noUrl() {
		return new StartRefused("SPRING_DATASOURCE_URL is no address of a PostgreSQL database: "
				+ "it must be like jdbc:postgresql://127.0.0.1:5432/accounts.");
	}

	/** Where it leads, in the operator's words. */
	String place() {
		return part("PGHOST") + ":" + part("PGPORT") + "/" + part("PGDBNAME");
	}

	/** Whether it says who connects. */
	boolean namesUser() {
		return part("user") != null;
	}

	private @Nullable String part(String name) {
		Properties parts = Driver.parseURL(this.text, null);
		return (parts != null) ? parts.getProperty(name) : null;
	}

	@Override
	public String toString() {
		return this.text;
	}

}
