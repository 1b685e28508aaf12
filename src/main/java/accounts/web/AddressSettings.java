package accounts.web;

import java.net.URI;
import java.net.URISyntaxException;

import accounts.start.StartRefused;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where others reach the service.
 *
 * @param url the address that tokens tell
 * @param proxies the addresses or networks, with commas between them, whose word on a
 * client's address is believed
 */
@ConfigurationProperties("accounts")
public record AddressSettings(String url, @DefaultValue("") String proxies) {

	public AddressSettings {
		if (!isAddress(url)) {
			throw new StartRefused("ACCOUNTS_URL is \"" + url
					+ "\": it must be the address under which clients reach the service, like https://accounts.example.org.");
		}
	}

	private static boolean isAddress(String text) {
		try {
			URI uri = new URI(text);
			String host = uri.getRawAuthority();
			return ("http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme()))
					&& host != null && !host.contains("@") && uri.getRawQuery() == null && uri.getRawFragment() == null;
		}
		catch (URISyntaxException ex) {
			return false;
		}
	}

}
