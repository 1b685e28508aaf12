package accounts.web;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

import accounts.start.StartRefused;

import org.springframework.core.env.Environment;

/**
 * The proxies whose word on their clients is believed: those that
 * {@code accounts.proxies} names, by default none, as anyone can write such a header.
 */
record Proxies(List<Network> networks) {

	/**
	 * Spring Boot's own ways, which believe every machine in a private network, or all.
	 */
	private static final List<String> OTHER_WAYS = List.of("server.forward-headers-strategy",
			"server.tomcat.remoteip.remote-ip-header", "server.tomcat.remoteip.protocol-header");

	static Proxies of(Environment environment, String named) {
		for (String other : OTHER_WAYS) {
			String value = environment.getProperty(other, "");
			if (!value.isBlank() && !value.equalsIgnoreCase("none")) {
				throw new StartRefused(other.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_")
						+ " is not used here, as anyone could then claim any address: set ACCOUNTS_PROXIES to the addresses "
						+ "of your proxies instead.");
			}
		}
		return new Proxies(named.isBlank() ? List.of()
				: Stream.of(named.split(",", -1)).map((text) -> network(text.strip())).toList());
	}

	private static Network network(String text) {
		try {
			Network network = Network.of(text);
			if (network.bits() > 0) {
				return network;
			}
		}
		catch (IllegalArgumentException ex) {
			// Told below
		}
		throw new StartRefused("ACCOUNTS_PROXIES has \"" + text
				+ "\": it must be addresses or networks with commas between them, like 10.0.0.5,10.1.0.0/16.");
	}

	boolean contain(String address) {
		return !this.networks.isEmpty() && Network.address(address)
			.filter((known) -> this.networks.stream().anyMatch((network) -> network.contains(known)))
			.isPresent();
	}

}
