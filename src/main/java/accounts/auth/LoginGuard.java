package accounts.auth;

import accounts.web.Open;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpMethod;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;

/**
 * Refuses a request without a user unless its handler is {@link Open}, whatever its path
 * looks like.
 */
class LoginGuard implements HandlerInterceptor {

	@Override
	public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
		if (!isOpen(request, handler) && request.getAttribute(TokenFilter.CURRENT_USER) == null) {
			throw new AuthenticationFailed();
		}
		return true;
	}

	private static boolean isOpen(HttpServletRequest request, Object handler) {
		// To OPTIONS answers Spring itself, with no more than the methods
		return HttpMethod.OPTIONS.matches(request.getMethod())
				|| (handler instanceof HandlerMethod method && method.hasMethodAnnotation(Open.class));
	}

}
