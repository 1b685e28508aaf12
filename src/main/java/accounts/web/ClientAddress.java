package accounts.web;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

import jakarta.servlet.ServletException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.tomcat.util.net.IPv6Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the client behind the proxies, and whether it came by TLS: the last address in
 * {@code X-Forwarded-For} or {@code Forwarded} that is none of theirs, as each of them
 * has added the one that it saw, behind whatever the client wrote. An address has one
 * spelling from here on (RFC 5952), as it is counted and shown.
 */
final class ClientAddress extends ValveBase {

	private static final Logger log = LoggerFactory.getLogger(ClientAddress.class);

	/** So much of what can't be read is shown. */
	private static final int SHOWN = 60;

	private final Proxies proxies;

	/** Each request could be one more reason to tell it. */
	private final AtomicBoolean told = new AtomicBoolean();

	ClientAddress(Proxies proxies) {
		super(true);
		this.proxies = proxies;
	}

	@Override
	public void invoke(Request request, Response response) throws IOException, ServletException {
		String peer = request.getRemoteAddr();
		boolean secure = request.isSecure();
		try {
			// A connection that has ended has no address
			if (peer != null) {
				find(peer, request);
			}
			getNext().invoke(request, response);
		}
		finally {
			// The next request on the connection may be another client's
			request.setRemoteAddr(peer);
			request.setSecure(secure);
		}
	}

	private void find(String peer, Request request) {
		String client = canonical(peer);
		if (this.proxies.contain(client)) {
			boolean secure = false;
			List<Hop> hops = Hop.of(request);
			for (int i = hops.size() - 1; i >= 0 && this.proxies.contain(client); i--) {
				Hop hop = hops.get(i);
				secure = hop.secure();
				Optional<InetAddress> address = hop.address();
				if (address.isEmpty()) {
					tell(hop, client);
					break;
				}
				client = canonical(address.get());
			}
			if (secure || "https".equalsIgnoreCase(request.getHeader("X-Forwarded-Proto"))) {
				request.setSecure(true);
			}
		}
		if (!client.equals(peer)) {
			request.setRemoteAddr(client);
		}
	}

	private void tell(Hop hop, String proxy) {
		if (!this.told.getAndSet(true)) {
			String node = hop.node();
			log.warn(
					"The proxy {} calls a client \"{}\", which is no address: each such client counts as the proxy. "
							+ "This is told once",
					proxy, (node.length() > SHOWN) ? node.substring(0, SHOWN) + "…" : node);
		}
	}

	private static String canonical(String address) {
		// IPv4 has one spelling only
		return address.contains(":") ? Network.address(address).map(ClientAddress::canonical).orElse(address) : address;
	}

	private static String canonical(InetAddress address) {
		String text = address.getHostAddress();
		return (address instanceof Inet6Address) ? IPv6Utils.canonize(text) : text;
	}

}
