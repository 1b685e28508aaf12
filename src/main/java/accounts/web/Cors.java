package accounts.web;

import java.io.IOException;
import java.util.Collections;
import java.util.Enumeration;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.stereotype.Component;

/**
 * Lets pages of the origins in the settings read the answers (Fetch standard, CORS).
 * Nobody is refused: to a page of another origin its own browser shows nothing. No
 * cookies, so that no credentials are spoken of.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE + 2)
public class Cors implements Filter {

	private static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";

	private static final String REQUEST_HEADERS = "Authorization, Content-Type, If-None-Match, X-Request-Id";

	private static final String ANSWER_HEADERS = "Allow, ETag, Link, Location, Retry-After, WWW-Authenticate, "
			+ "X-Request-Id, X-Total-Count";

	/** Two hours, in seconds: no browser keeps it longer than a day. */
	private static final String MAX_AGE = "7200";

	private final CorsSettings settings;

	Cors(CorsSettings settings) {
		this.settings = settings;
	}

	/** Lets any page read this answer, whatever the settings say. */
	public static void openToAny(HttpServletResponse response) {
		response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, CorsSettings.ANY);
	}

	@Override
	public void doFilter(ServletRequest servletRequest, ServletResponse servletResponse, FilterChain chain)
			throws IOException, ServletException {
		HttpServletRequest request = (HttpServletRequest) servletRequest;
		HttpServletResponse response = (HttpServletResponse) servletResponse;
		String origin = request.getHeader(HttpHeaders.ORIGIN);
		boolean preflight = origin != null && HttpMethod.OPTIONS.matches(request.getMethod())
				&& request.getHeader(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD) != null;
		if (this.settings.isOpen() && !this.settings.isOpenToAny()) {
			// Whoever keeps a copy must know that it is not for every origin
			response.addHeader(HttpHeaders.VARY, HttpHeaders.ORIGIN);
		}
		if (origin == null || !this.settings.allows(origin)) {
			chain.doFilter(preflight ? new PlainOptions(request) : request, response);
			return;
		}
		response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN,
				this.settings.isOpenToAny() ? CorsSettings.ANY : origin);
		if (preflight) {
			// A browser asks without a token, and of any path
			response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, METHODS);
			response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
			response.setHeader(HttpHeaders.ACCESS_CONTROL_MAX_AGE, MAX_AGE);
			response.setStatus(HttpServletResponse.SC_NO_CONTENT);
			return;
		}
		response.setHeader(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
		chain.doFilter(request, response);
	}

	/** Spring refuses a preflight that it has no rule for, and not in JSON. */
	private static final class PlainOptions extends HttpServletRequestWrapper {

		PlainOptions(HttpServletRequest request) {
			super(request);
		}

		@Override
		public @Nullable String getHeader(String name) {
			return isHidden(name) ? null : super.getHeader(name);
		}

		@Override
		public Enumeration<String> getHeaders(String name) {
			return isHidden(name) ? Collections.emptyEnumeration() : super.getHeaders(name);
		}

		private static boolean isHidden(String name) {
			return name.equalsIgnoreCase(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD);
		}

	}

}
