package accounts.web;

import java.io.IOException;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;

import org.springframework.stereotype.Component;

/**
 * Refuses a body of a range of types, like {@code application/*}: Spring fails at one as
 * soon as it looks at the headers, even of a request that leads nowhere.
 */
@Component
class MediaTypeFilter implements Filter {

	@Override
	public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		String type = request.getContentType();
		if (type != null && type.contains("*")) {
			throw new UnsupportedMediaType();
		}
		chain.doFilter(request, response);
	}

}
