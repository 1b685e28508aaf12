package accounts.web;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import jakarta.servlet.http.HttpServletRequest;

/**
 * What a proxy says of the one who came to it.
 *
 * @param node who came, in the proxy's words
 * @param address the address that this is, if it is one: it may be unknown or hidden
 * @param secure whether it came by TLS
 */
record Hop(String node, Optional<InetAddress> address, boolean secure) {

	static final String X_FORWARDED_FOR = "X-Forwarded-For";

	static final String FORWARDED = "Forwarded";

	/** An address in brackets, or of IPv4, with or without its port (RFC 7239, 6). */
	private static final Pattern NODE = Pattern
		.compile("(?:\\[([^\\[\\]]*:[^\\[\\]]*)]|([0-9.]+))(?::(?:[0-9]{1,5}|_[0-9A-Za-z._-]+))?");

	/**
	 * A pair of {@code Forwarded}, or none, and what ends it (RFC 7239, 4). The length of
	 * a quoted text is limited, as Java's pattern needs stack for each of its characters.
	 */
	private static final Pattern PAIR = Pattern.compile(
			"\\s*+(?:([\\w!#$%&'*+.^`|~-]++)=(?:\"((?:[^\"\\\\]|\\\\.){0,300})\"|([^\\s\",;\\\\]*+)))?\\s*+([,;]|\\z)");

	/**
	 * The way of a request, the client first. {@code X-Forwarded-For} counts where it is,
	 * as most proxies write it and leave {@code Forwarded} as their client wrote it.
	 */
	static List<Hop> of(HttpServletRequest request) {
		List<Hop> hops = new ArrayList<>();
		for (String header : Collections.list(request.getHeaders(X_FORWARDED_FOR))) {
			for (String node : header.split(",", -1)) {
				if (!node.isBlank()) {
					hops.add(new Hop(node.strip(), address(node.strip()), false));
				}
			}
		}
		if (hops.isEmpty()) {
			Collections.list(request.getHeaders(FORWARDED)).forEach((header) -> readForwarded(header, hops));
		}
		return hops;
	}

	private static void readForwarded(String header, List<Hop> hops) {
		Matcher pair = PAIR.matcher(header);
		Map<String, String> element = new HashMap<>();
		int at = 0;
		while (at < header.length()) {
			pair.region(at, header.length());
			if (!pair.lookingAt()) {
				// No element that can't be read is left out: the one before it is
				// the client's word
				int comma = header.indexOf(',', at);
				hops.add(new Hop(header.substring(at, (comma < 0) ? header.length() : comma), Optional.empty(), false));
				element.clear();
				at = (comma < 0) ? header.length() : comma + 1;
				continue;
			}
			if (pair.group(1) != null) {
				String value = (pair.group(2) != null) ? pair.group(2).replaceAll("\\\\(.)", "$1") : pair.group(3);
				// Two values are none
				element.merge(pair.group(1).toLowerCase(Locale.ROOT), value, (first, second) -> "");
			}
			at = pair.end();
			if (!element.isEmpty() && (at == header.length() || !pair.group(4).equals(";"))) {
				String node = element.getOrDefault("for", "");
				hops.add(new Hop(node, address(node), "https".equalsIgnoreCase(element.get("proto"))));
				element.clear();
			}
		}
	}

	private static Optional<InetAddress> address(String node) {
		Matcher withPort = NODE.matcher(node);
		if (!withPort.matches()) {
			return Network.address(node);
		}
		return Network.address((withPort.group(1) != null) ? withPort.group(1) : withPort.group(2));
	}

}
