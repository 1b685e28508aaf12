package accounts.auth;

import java.io.IOException;
import java.util.Enumeration;
import java.util.Optional;

import accounts.auth.AccessTokens.AccessToken;
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

	static final String CURRENT_SESSION = "currentSession";

	private static final String BEARER = "Bearer ";

	private final AccessTokens tokens;

	private final Sessions sessions;

	TokenFilter(AccessTokens tokens, Sessions sessions) {
		this.tokens = tokens;
		this.sessions = sessions;
	}

	@Override
	public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		token((HttpServletRequest) request).ifPresent((token) -> this.sessions.userOf(token).ifPresent((user) -> {
			request.setAttribute(CURRENT_USER, user);
			request.setAttribute(CURRENT_SESSION, token.sessionId());
			RequestLog.user(user.id());
		}));
		chain.doFilter(request, response);
	}

	private Optional<AccessToken> token(HttpServletRequest request) {
		Enumeration<String> headers = request.getHeaders(HttpHeaders.AUTHORIZATION);
		if (!headers.hasMoreElements()) {
			return Optional.empty();
		}
		String header = headers.nextElement();
		if (headers.hasMoreElements()) {
			// Two answers to who is asking are none
			return Optional.empty();
		}
		return this.tokens.read(token(header));
	}

	private static String token(String header) {
		return header.regionMatches(true, 0, BEARER, 0, BEARER.length()) ? header.substring(BEARER.length()).strip()
				: header.strip();
	}

}
