package accounts.web;

import java.io.IOException;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.HandlerExceptionResolver;

/**
 * Gives each request an id, which its answer carries and its log lines name beside the
 * client's address and the user. A proxy's id is kept where it is one.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
public class RequestLog implements Filter {

	static final String HEADER = "X-Request-Id";

	private static final Pattern ID = Pattern.compile("[A-Za-z0-9-]{8,64}");

	private final HandlerExceptionResolver errors;

	RequestLog(@Qualifier("handlerExceptionResolver") HandlerExceptionResolver errors) {
		this.errors = errors;
	}

	/** Names the user in the log lines that this request is yet to write. */
	public static void user(long id) {
		MDC.put("user_id", Long.toString(id));
	}

	@Override
	public void doFilter(ServletRequest servletRequest, ServletResponse servletResponse, FilterChain chain)
			throws IOException, ServletException {
		HttpServletRequest request = (HttpServletRequest) servletRequest;
		HttpServletResponse response = (HttpServletResponse) servletResponse;
		String id = id(request.getHeader(HEADER));
		response.setHeader(HEADER, id);
		MDC.put("request_id", id);
		MDC.put("address", request.getRemoteAddr());
		try {
			chain.doFilter(request, response);
		}
		catch (RuntimeException ex) {
			// A filter's error, which no controller advice would see
			if (response.isCommitted() || this.errors.resolveException(request, response, null, ex) == null) {
				throw ex;
			}
		}
		finally {
			MDC.clear();
		}
	}

	/** Gives an answer that no filter has seen its request id. */
	static void identify(HttpServletResponse response) {
		if (response.getHeader(HEADER) == null) {
			response.setHeader(HEADER, id(null));
		}
	}

	private static String id(@Nullable String proposed) {
		if (proposed != null && ID.matcher(proposed).matches()) {
			return proposed;
		}
		// It is no secret, and every request would wait for the one source of those
		return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
	}

}
