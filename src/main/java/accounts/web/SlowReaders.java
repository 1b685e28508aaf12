package accounts.web;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import org.apache.catalina.connector.ClientAbortException;
import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

/**
 * Cuts off who reads a long answer so slowly that it would keep a thread for ever: the
 * server alone gives a client time for each piece.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE + 4)
class SlowReaders implements Filter {

	/** What fits into the buffers on the way is no sign of a reader. */
	private static final long LONG_ANSWER = 256 * 1024;

	/** So many may read slowly; when there are more, all must read faster. */
	private static final int READERS = 64;

	private static final int FASTER = 16;

	private final long graceNanos;

	private final int rate;

	private final AtomicInteger readers = new AtomicInteger();

	SlowReaders(LoadSettings settings) {
		this.graceNanos = settings.readTime().toNanos();
		this.rate = settings.rate();
	}

	@Override
	public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		Watched watched = new Watched((HttpServletResponse) response, ClientConnection.of(request));
		try {
			chain.doFilter(request, watched);
		}
		finally {
			if (watched.written > LONG_ANSWER) {
				this.readers.decrementAndGet();
			}
		}
	}

	private final class Watched extends HttpServletResponseWrapper {

		private final ClientConnection connection;

		private final long began = System.nanoTime();

		private long written;

		private @Nullable ServletOutputStream out;

		Watched(HttpServletResponse response, ClientConnection connection) {
			super(response);
			this.connection = connection;
		}

		@Override
		public ServletOutputStream getOutputStream() throws IOException {
			if (this.out == null) {
				this.out = new Stream(super.getOutputStream(), this);
			}
			return this.out;
		}

		/**
		 * What is written goes out when the buffer is full, or the answer is whole and
		 * nobody holds it back ({@link RefusalPace}).
		 */
		@Override
		public void flushBuffer() {
			// Goes with what comes next
		}

		void count(int length) throws IOException {
			boolean wasLong = this.written > LONG_ANSWER;
			this.written += length;
			if (this.written <= LONG_ANSWER) {
				return;
			}
			boolean many = (wasLong ? SlowReaders.this.readers.get()
					: SlowReaders.this.readers.incrementAndGet()) > READERS;
			int faster = many ? FASTER : 1;
			long nanos = System.nanoTime() - this.began - SlowReaders.this.graceNanos / faster;
			if (nanos / 1e9 * SlowReaders.this.rate * faster > this.written) {
				ClientAbortException slow = new ClientAbortException("The client reads too slowly");
				// Half of an answer must not end like a whole one
				this.connection.cut(slow);
				throw slow;
			}
		}

	}

	private static final class Stream extends ServletOutputStream {

		private final ServletOutputStream out;

		private final Watched watched;

		Stream(ServletOutputStream out, Watched watched) {
			this.out = out;
			this.watched = watched;
		}

		@Override
		public void write(int value) throws IOException {
			this.watched.count(1);
			this.out.write(value);
		}

		@Override
		public void write(byte[] bytes, int offset, int length) throws IOException {
			this.watched.count(length);
			this.out.write(bytes, offset, length);
		}

		/** As {@link Watched#flushBuffer()}. */
		@Override
		public void flush() {
			// Goes with what comes next
		}

		@Override
		public void close() throws IOException {
			this.out.close();
		}

		@Override
		public boolean isReady() {
			return this.out.isReady();
		}

		@Override
		public void setWriteListener(WriteListener listener) {
			this.out.setWriteListener(listener);
		}

	}

}
