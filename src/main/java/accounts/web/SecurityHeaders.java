package accounts.web;

import java.io.IOException;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

/**
 * Tells a browser to make no more of an answer than it is (OWASP REST Security sheet,
 * ASVS 3.4): no page, no script, nothing to put in a frame, and over TLS never again
 * without.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE + 1)
class SecurityHeaders implements Filter {

	static final String POLICY = "Content-Security-Policy";

	/**
	 * A year (RFC 6797). Not for subdomains, which needn't be ours to decide about.
	 */
	private static final String YEAR = "max-age=31536000";

	@Override
	public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		set((HttpServletRequest) request, (HttpServletResponse) response);
		chain.doFilter(request, response);
	}

	static void set(HttpServletRequest request, HttpServletResponse response) {
		response.setHeader("X-Content-Type-Options", "nosniff");
		response.setHeader(POLICY, "default-src 'none'; frame-ancestors 'none'");
		response.setHeader("Referrer-Policy", "no-referrer");
		if (request.isSecure()) {
			response.setHeader("Strict-Transport-Security", YEAR);
		}
	}

}
