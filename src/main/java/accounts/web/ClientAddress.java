package accounts.web;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import jakarta.servlet.ServletException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;

/**
 * Finds the client behind the proxies, and whether it came by TLS: the last address in
 * {@code X-Forwarded-For} that is none of theirs, as each of them has added the one that
 * it saw, behind whatever the client wrote.
 */
final class ClientAddress extends ValveBase {

	private static final String HEADER = "X-Forwarded-For";

	private final Proxies proxies;

	ClientAddress(Proxies proxies) {
		super(true);
		this.proxies = proxies;
	}

	@Override
	public void invoke(Request request, Response response) throws IOException, ServletException {
		String peer = request.getRemoteAddr();
		String client = client(peer, Collections.list(request.getHeaders(HEADER)));
		if (!client.equals(peer)) {
			request.setRemoteAddr(client);
		}
		boolean secure = request.isSecure();
		if (this.proxies.contain(peer) && "https".equalsIgnoreCase(request.getHeader("X-Forwarded-Proto"))) {
			request.setSecure(true);
		}
		try {
			getNext().invoke(request, response);
		}
		finally {
			// The next request on the connection may be another client's
			request.setRemoteAddr(peer);
			request.setSecure(secure);
		}
	}

	private String client(String peer, List<String> headers) {
		List<String> seen = new ArrayList<>(List.of(String.join(",", headers).split(",")));
		String client = peer;
		while (this.proxies.contain(client) && !seen.isEmpty()) {
			String before = seen.remove(seen.size() - 1).strip();
			if (Network.address(before).isEmpty()) {
				break;
			}
			client = before;
		}
		return client;
	}

}
