package accounts.web;

import java.io.IOException;

import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.MethodParameter;
import org.springframework.http.MediaType;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.method.support.HandlerMethodReturnValueHandler;
import org.springframework.web.method.support.ModelAndViewContainer;

/**
 * Writes a record as JSON, which is all that a client can get of one: Spring would find
 * that out anew for each answer, from all the types there are and all the converters.
 */
final class JsonAnswers implements HandlerMethodReturnValueHandler {

	private final JsonMapper json;

	JsonAnswers(JsonMapper json) {
		this.json = json;
	}

	@Override
	public boolean supportsReturnType(MethodParameter returnType) {
		return returnType.getParameterType().isRecord();
	}

	@Override
	public void handleReturnValue(@Nullable Object value, MethodParameter returnType, ModelAndViewContainer handled,
			NativeWebRequest request) throws IOException {
		handled.setRequestHandled(true);
		HttpServletResponse response = request.getNativeResponse(HttpServletResponse.class);
		if (value == null || response == null) {
			throw new IllegalStateException("No answer, or nobody to be answered");
		}
		byte[] body = this.json.writeValueAsBytes(value);
		response.setContentType(MediaType.APPLICATION_JSON_VALUE);
		response.setContentLength(body.length);
		response.getOutputStream().write(body);
	}

}
