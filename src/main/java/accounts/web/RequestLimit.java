package accounts.web;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;

/**
 * Answers so many requests at a time and no more: the next are refused at once, so that
 * those who are answered wait no longer than they do on a quiet day.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE + 3)
class RequestLimit implements Filter {

	private static final Logger log = LoggerFactory.getLogger(RequestLimit.class);

	/** A supervisor that got no answer would start a busy service anew. */
	private static final String LIVE = "/health/live";

	private static final byte[] BUSY = "{\"error\":\"Busy\"}".getBytes(StandardCharsets.UTF_8);

	private static final long SECOND = 1_000_000_000;

	private final int limit;

	private final AtomicInteger requests = new AtomicInteger();

	private final AtomicLong refused = new AtomicLong();

	private final AtomicLong told = new AtomicLong(System.nanoTime() - SECOND);

	RequestLimit(LoadSettings settings) {
		this.limit = settings.requests();
	}

	@Override
	public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		try {
			if (this.requests.incrementAndGet() <= this.limit
					|| ((HttpServletRequest) request).getRequestURI().startsWith(LIVE)) {
				chain.doFilter(request, response);
			}
			else {
				refuse((HttpServletResponse) response);
			}
		}
		finally {
			this.requests.decrementAndGet();
		}
	}

	/** As {@link Busy} does, without what Spring would do for it. */
	private void refuse(HttpServletResponse response) throws IOException {
		this.refused.incrementAndGet();
		long now = System.nanoTime();
		long last = this.told.get();
		// A line for each would make the load heavier
		if (now - last >= SECOND && this.told.compareAndSet(last, now)) {
			log.warn("Overloaded: refused {} requests", this.refused.getAndSet(0));
		}
		response.setStatus(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
		response.setContentType(MediaType.APPLICATION_JSON_VALUE);
		response.setContentLength(BUSY.length);
		response.setHeader(HttpHeaders.RETRY_AFTER, "1");
		response.getOutputStream().write(BUSY);
	}

}
