package accounts.web;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

/**
 * Has the whole body there before anybody answers the request: the server alone gives a
 * client time for each byte, and so for ever. Whoever is the slowest gives way when too
 * many are.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE + 2)
class SlowBodies implements Filter {

	/** An honest body is not further behind its header than this. */
	private static final long GRACE = TimeUnit.SECONDS.toNanos(1);

	/** Nor do most keep the service waiting for longer than this. */
	private static final long PROMPT = TimeUnit.MILLISECONDS.toNanos(50);

	private static final long SHORTEST_PAUSE = TimeUnit.MICROSECONDS.toNanos(100);

	private static final long LONGEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(20);

	/**
	 * What is read of an answered request's body, for the client to see its answer: a
	 * photo sent by mistake, too.
	 */
	private static final int SWALLOWED = 16 * 1024 * 1024;

	private final int places;

	private final long nanos;

	private final Deque<Body> waiting = new ArrayDeque<>();

	SlowBodies(LoadSettings settings) {
		this.places = settings.bodies();
		this.nanos = settings.bodyTime().toNanos();
	}

	@Override
	public void doFilter(ServletRequest servletRequest, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		HttpServletRequest request = (HttpServletRequest) servletRequest;
		long length = request.getContentLengthLong();
		if (length <= 0 && request.getHeader(HttpHeaders.TRANSFER_ENCODING) == null) {
			chain.doFilter(request, response);
			return;
		}
		ClientConnection connection = ClientConnection.of(request);
		Body body = new Body(request.getInputStream(), length, connection, this.nanos);
		try {
			if (length <= RequestBodies.MAX_BYTES && !read(body, response)) {
				return;
			}
			if (body.ended && !body.ahead) {
				connection.allRead();
			}
			chain.doFilter(new WithBody(request, body.toByteArray()), response);
			if (!body.ended) {
				response.flushBuffer();
				connection.endAnswer();
				// Closing now would take its answer from a client that is still sending
				swallow(body);
			}
		}
		finally {
			if (!body.ended) {
				connection.readNoMore();
			}
		}
	}

	/** Whether the body is one; if not, the client is told so. */
	private boolean read(Body body, ServletResponse response) {
		try {
			if (!body.read(RequestBodies.MAX_BYTES + 1, PROMPT)) {
				enter(body);
				try {
					body.read(RequestBodies.MAX_BYTES + 1, Long.MAX_VALUE);
				}
				finally {
					leave(body);
				}
			}
			return true;
		}
		catch (IOException ex) {
			if (response.isCommitted()) {
				// By the server
				return false;
			}
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, null, ex);
		}
	}

	private void swallow(Body body) {
		try {
			enter(body);
			try {
				body.swallow(SWALLOWED);
			}
			finally {
				leave(body);
			}
		}
		catch (IOException | ApiException ex) {
			// It was answered already
		}
	}

	private synchronized void enter(Body body) {
		if (this.waiting.size() >= this.places) {
			Body slowest = this.waiting.getFirst();
			if (slowest.age() < GRACE) {
				throw new Busy();
			}
			slowest.givesWay = true;
			this.waiting.removeFirst();
		}
		this.waiting.addLast(body);
	}

	private synchronized void leave(Body body) {
		this.waiting.remove(body);
	}

	/** A body, as far as it has come. */
	private static final class Body {

		private final InputStream in;

		private final ClientConnection connection;

		/** In bytes; -1 for a body in chunks. */
		private final long announced;

		private final long began = System.nanoTime();

		private final long nanos;

		private byte[] bytes = new byte[1024];

		private int length;

		private boolean ended;

		private boolean ahead;

		private volatile boolean givesWay;

		Body(InputStream in, long announced, ClientConnection connection, long nanos) {
			this.in = in;
			this.announced = announced;
			this.connection = connection;
			this.nanos = nanos;
		}

		long age() {
			return System.nanoTime() - this.began;
		}

		byte[] toByteArray() {
			return Arrays.copyOf(this.bytes, this.length);
		}

		/** Reads without waiting, and returns whether that was all there is to read. */
		boolean readWhatIsThere(int max) throws IOException {
			while (!this.ended && this.length < max && isThere()) {
				this.ahead |= !isFinished() && this.connection.buffered() > this.announced - this.length;
				if (this.length == this.bytes.length) {
					this.bytes = Arrays.copyOf(this.bytes, Math.min(8 * this.length, RequestBodies.MAX_BYTES + 1));
				}
				int count = this.in.read(this.bytes, this.length, Math.min(max, this.bytes.length) - this.length);
				this.ended = count < 0;
				this.length += Math.max(0, count);
			}
			return this.ended || this.length == max;
		}

		/** Reads for so long at most, and returns whether that was all. */
		boolean read(int max, long nanos) throws IOException {
			long pause = SHORTEST_PAUSE;
			while (!readWhatIsThere(max)) {
				if (age() > nanos) {
					return false;
				}
				pause = pause(pause);
			}
			return true;
		}

		void swallow(int max) throws IOException {
			int swallowed = 0;
			long pause = SHORTEST_PAUSE;
			this.bytes = new byte[8192];
			while (!this.ended && swallowed < max) {
				this.length = 0;
				if (readWhatIsThere(this.bytes.length) || this.length > 0) {
					swallowed += this.length;
				}
				else {
					pause = pause(pause);
				}
			}
		}

		private boolean isThere() throws IOException {
			// At its end a body has nothing more to come
			return isFinished() || this.in.available() > 0 || this.connection.hasInput();
		}

		private boolean isFinished() {
			return this.in instanceof ServletInputStream stream && stream.isFinished();
		}

		private long pause(long pause) {
			if (this.givesWay || age() > this.nanos) {
				throw new BodyTooSlow();
			}
			LockSupport.parkNanos(pause);
			return Math.min(2 * pause, LONGEST_PAUSE);
		}

	}

	/** The request with the body that was read. */
	private static final class WithBody extends HttpServletRequestWrapper {

		private final ServletInputStream body;

		WithBody(HttpServletRequest request, byte[] body) {
			super(request);
			this.body = new Stream(new ByteArrayInputStream(body));
		}

		@Override
		public ServletInputStream getInputStream() {
			return this.body;
		}

	}

	private static final class Stream extends ServletInputStream {

		private final ByteArrayInputStream bytes;

		Stream(ByteArrayInputStream bytes) {
			this.bytes = bytes;
		}

		@Override
		public int read() {
			return this.bytes.read();
		}

		@Override
		public int read(byte[] target, int offset, int length) {
			return this.bytes.read(target, offset, length);
		}

		@Override
		public int available() {
			return this.bytes.available();
		}

		@Override
		public boolean isFinished() {
			return available() == 0;
		}

		@Override
		public boolean isReady() {
			return true;
		}

		@Override
		public void setReadListener(@Nullable ReadListener listener) {
			throw new UnsupportedOperationException();
		}

	}

}
