package accounts.auth;

import java.io.IOException;
import java.util.Enumeration;
import java.util.Optional;
import java.util.OptionalLong;

import accounts.user.User;
import accounts.user.UserRepository;
import accounts.web.RequestLog;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;

import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;

/** Finds out who is asking. It refuses nobody: that is for {@link LoginGuard}. */
@Component
class TokenFilter implements Filter {

	static final String CURRENT_USER = "currentUser";

	private static final String BEARER = "Bearer ";

	private final AccessTokens tokens;

	private final UserRepository users;

	TokenFilter(AccessTokens tokens, UserRepository users) {
		this.tokens = tokens;
		this.users = users;
	}

	@Override
	public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		currentUser((HttpServletRequest) request).ifPresent((user) -> {
			request.setAttribute(CURRENT_USER, user);
			RequestLog.user(user.id());
		});
		chain.doFilter(request, response);
	}

	private Optional<User> currentUser(HttpServletRequest request) {
		Enumeration<String> headers = request.getHeaders(HttpHeaders.AUTHORIZATION);
		if (!headers.hasMoreElements()) {
			return Optional.empty();
		}
		String header = headers.nextElement();
		if (headers.hasMoreElements()) {
			// Two answers to who is asking are none
			return Optional.empty();
		}
		OptionalLong id = this.tokens.read(token(header));
		return id.isPresent() ? this.users.byId(id.getAsLong()) : Optional.empty();
	}

	private static String token(String header) {
		return header.regionMatches(true, 0, BEARER, 0, BEARER.length()) ? header.substring(BEARER.length()).strip()
				: header.strip();
	}

}
