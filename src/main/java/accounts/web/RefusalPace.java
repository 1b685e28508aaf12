package accounts.web;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;

/**
 * Tells clients to come again one after the other, and not as fast as they come: to
 * refuse costs as much as to answer, and those who come back at once would take the
 * processor from all others. No thread waits with them.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE + 1)
class RefusalPace implements Filter {

	/** 200 refusals a second are two percent of one core. */
	private static final long GAP = Duration.ofMillis(5).toNanos();

	/**
	 * Nobody waits longer, so that with more than 200 clients there are more a second.
	 */
	private static final long LONGEST = Duration.ofSeconds(1).toNanos();

	/** In bytes of the heap: who is held back keeps a request and its buffers. */
	private static final long FOR_EACH = 512 * 1024;

	private final Semaphore places = new Semaphore(
			(int) Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / FOR_EACH));

	private final AtomicLong next = new AtomicLong(System.nanoTime());

	@Override
	public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		chain.doFilter(request, response);
		if (((HttpServletResponse) response).containsHeader(HttpHeaders.RETRY_AFTER) && !response.isCommitted()) {
			hold(request);
		}
	}

	private void hold(ServletRequest request) {
		long now = System.nanoTime();
		long wait = this.next.getAndUpdate((turn) -> now + Math.min(LONGEST, Math.max(0, turn - now) + GAP)) - now;
		if (wait > 0 && this.places.tryAcquire()) {
			AsyncContext held = request.startAsync();
			held.setTimeout(0);
			CompletableFuture.delayedExecutor(wait, TimeUnit.NANOSECONDS, Runnable::run).execute(() -> {
				this.places.release();
				held.complete();
			});
		}
	}

}
