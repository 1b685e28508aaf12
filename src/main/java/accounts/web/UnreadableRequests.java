package accounts.web;

import java.io.IOException;
import java.util.Collections;
import java.util.List;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.RequestPath;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

/**
 * Refuses what Spring does not refuse but fails at, before it has found out where a
 * request leads: a range of types as a body's, two types, and an escape in a path's
 * parameters that is none.
 */
@Component
class UnreadableRequests implements Filter {

	@Override
	public void doFilter(ServletRequest servletRequest, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		HttpServletRequest request = (HttpServletRequest) servletRequest;
		List<String> types = Collections.list(request.getHeaders(HttpHeaders.CONTENT_TYPE));
		if (types.size() > 1 || types.stream().anyMatch((type) -> type.contains("*"))) {
			throw new UnsupportedMediaType();
		}
		requirePath(request.getRequestURI());
		chain.doFilter(request, response);
	}

	private static void requirePath(String path) {
		try {
			RequestPath.parse(path, null);
		}
		catch (IllegalArgumentException ex) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, null, ex);
		}
	}

}
