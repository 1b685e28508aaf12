package accounts;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/**
 * Sends bytes that no HTTP client would, and reads what comes back until the server
 * closes.
 */
public final class RawHttp {

	private RawHttp() {
	}

	public static String send(URI address, String request) throws IOException {
		return send(address, request.getBytes(StandardCharsets.ISO_8859_1));
	}

	public static String send(URI address, byte[] request) throws IOException {
		try (Socket socket = new Socket(address.getHost(), address.getPort())) {
			socket.setSoTimeout(30_000);
			socket.getOutputStream().write(request);
			return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		}
	}

}
