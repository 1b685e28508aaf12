package accounts;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

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

	/** The same, with what came back taken apart. */
	public static Answer answer(URI address, String request) throws IOException {
		return answer(address, request.getBytes(StandardCharsets.ISO_8859_1));
	}

	public static Answer answer(URI address, byte[] request) throws IOException {
		try (Socket socket = new Socket(address.getHost(), address.getPort())) {
			socket.setSoTimeout(30_000);
			socket.getOutputStream().write(request);
			return parse(socket.getInputStream().readAllBytes());
		}
	}

	/** What a server sent until it closed. */
	public static Answer parse(byte[] bytes) {
		String text = new String(bytes, StandardCharsets.ISO_8859_1);
		int end = text.indexOf("\r\n\r\n");
		if (!text.startsWith("HTTP/1.1 ") || end < 0) {
			throw new AssertionError("No answer in HTTP: " + text);
		}
		String[] lines = text.substring(0, end).split("\r\n", -1);
		int status = Integer.parseInt(lines[0].substring(9, 12));
		String rest = text.substring(end + 4);
		if (status < 200) {
			return parse(rest.getBytes(StandardCharsets.ISO_8859_1));
		}
		Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		for (int i = 1; i < lines.length; i++) {
			String[] header = lines[i].split(": ?", 2);
			headers.computeIfAbsent(header[0], (name) -> new ArrayList<>()).add(header[1]);
		}
		boolean chunked = headers.getOrDefault("Transfer-Encoding", List.of()).contains("chunked");
		byte[] body = rest.getBytes(StandardCharsets.ISO_8859_1);
		return new Answer(status, HttpHeaders.of(headers, (name, value) -> true), chunked ? joined(rest) : body);
	}

	private static byte[] joined(String chunks) {
		ByteArrayOutputStream body = new ByteArrayOutputStream();
		int start = 0;
		while (start < chunks.length()) {
			int line = chunks.indexOf("\r\n", start);
			int size = Integer.parseInt(chunks.substring(start, line), 16);
			body.writeBytes(chunks.substring(line + 2, line + 2 + size).getBytes(StandardCharsets.ISO_8859_1));
			start = line + 4 + size;
		}
		return body.toByteArray();
	}

}
