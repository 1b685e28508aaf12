package accounts.web;

import java.io.IOException;

import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.jspecify.annotations.Nullable;

import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.RequestContextHolder;

/**
 * What the server knows of the connection that a request came over, and the servlet API
 * doesn't tell.
 */
public final class ClientConnection {

	private static final String ATTRIBUTE = ClientConnection.class.getName();

	/** For what is done without a request, or in a server of another make. */
	private static final ClientConnection UNKNOWN = new ClientConnection(null);

	private final org.apache.coyote.@Nullable Request request;

	private volatile boolean allRead;

	private ClientConnection(org.apache.coyote.@Nullable Request request) {
		this.request = request;
	}

	/** That of the request that this thread answers. */
	public static ClientConnection current() {
		RequestAttributes attributes = RequestContextHolder.getRequestAttributes();
		return (attributes != null) ? of(attributes.getAttribute(ATTRIBUTE, RequestAttributes.SCOPE_REQUEST)) : UNKNOWN;
	}

	static ClientConnection of(ServletRequest request) {
		return of(request.getAttribute(ATTRIBUTE));
	}

	private static ClientConnection of(@Nullable Object attribute) {
		return (attribute instanceof ClientConnection connection) ? connection : UNKNOWN;
	}

	/**
	 * Whether the client has closed it. One that has only stopped sending counts as gone
	 * as well, as it does to most servers; of one that sent its body in chunks, or the
	 * next request ahead, nothing is known.
	 */
	public boolean isClosed() {
		// To look further would overwrite what was sent ahead. The end of a stream is
		// something that has come, but not into the buffer
		return this.request != null && this.allRead && hasInput() && buffered() == 0;
	}

	/**
	 * Whether something has come that was not read yet, be it the end of the stream. All
	 * that was read before must be done with.
	 */
	boolean hasInput() {
		if (this.request == null) {
			return true;
		}
		this.request.action(ActionCode.AVAILABLE, true);
		return this.request.getAvailable() > 0;
	}

	/** How many bytes have come and not been read yet, those sent ahead among them. */
	int buffered() {
		if (this.request == null) {
			return 0;
		}
		this.request.action(ActionCode.AVAILABLE, false);
		return this.request.getAvailable();
	}

	/** Tells that the request was read to its end, and nothing beyond it. */
	void allRead() {
		this.allRead = true;
	}

	/** Sees to it that no more is read: the connection ends with the answer. */
	void readNoMore() {
		if (this.request != null) {
			this.request.action(ActionCode.DISABLE_SWALLOW_INPUT, null);
		}
	}

	/** Sends the end of the answer, while the request may go on. */
	void endAnswer() {
		if (this.request != null) {
			this.request.getResponse().action(ActionCode.CLOSE, null);
		}
	}

	/** Ends it without the rest of the answer. */
	void cut(IOException reason) {
		if (this.request != null) {
			this.request.action(ActionCode.CLOSE_NOW, reason);
		}
	}

	/** Leaves it where it is found. */
	static final class Finder extends ValveBase {

		Finder() {
			super(true);
		}

		@Override
		public void invoke(Request request, Response response) throws IOException, ServletException {
			request.setAttribute(ATTRIBUTE, new ClientConnection(request.getCoyoteRequest()));
			getNext().invoke(request, response);
		}

	}

}
