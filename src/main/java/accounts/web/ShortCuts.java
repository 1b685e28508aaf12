package accounts.web;

import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.core.MethodParameter;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.ModelAndViewContainer;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.mvc.method.annotation.RequestAttributeMethodArgumentResolver;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerAdapter;

/**
 * Calls handlers as Spring does, but for what it would find out anew for each request:
 * how a text becomes a number, how a user becomes a user, how a record is written. An
 * argument that is missing or wrong is refused as Spring would.
 */
final class ShortCuts extends RequestMappingHandlerAdapter {

	private final JsonAnswers records;

	ShortCuts(JsonAnswers records) {
		this.records = records;
	}

	@Override
	public void afterPropertiesSet() {
		super.afterPropertiesSet();
		setArgumentResolvers(Stream
			.concat(Stream.of(new Attributes(), new PathNumbers()),
					Objects.requireNonNull(getArgumentResolvers()).stream())
			.toList());
		setReturnValueHandlers(
				Stream.concat(Stream.of(this.records), Objects.requireNonNull(getReturnValueHandlers()).stream())
					.toList());
	}

	/**
	 * Who asks, as the filter has left it with the request: there is nothing to convert.
	 */
	private static final class Attributes implements HandlerMethodArgumentResolver {

		private final RequestAttributeMethodArgumentResolver attributes = new RequestAttributeMethodArgumentResolver();

		@Override
		public boolean supportsParameter(MethodParameter parameter) {
			return this.attributes.supportsParameter(parameter);
		}

		@Override
		public @Nullable Object resolveArgument(MethodParameter parameter, @Nullable ModelAndViewContainer container,
				NativeWebRequest request, @Nullable WebDataBinderFactory converters) throws Exception {
			return this.attributes.resolveArgument(parameter, container, request, null);
		}

	}

	/** The path's pattern has seen to its being digits, though there may be too many. */
	private static final class PathNumbers implements HandlerMethodArgumentResolver {

		@Override
		public boolean supportsParameter(MethodParameter parameter) {
			return parameter.getParameterType() == long.class && parameter.hasParameterAnnotation(PathVariable.class);
		}

		@Override
		public Object resolveArgument(MethodParameter parameter, @Nullable ModelAndViewContainer container,
				NativeWebRequest request, @Nullable WebDataBinderFactory converters) {
			String name = Objects.requireNonNull(parameter.getParameterName());
			Map<?, ?> variables = (Map<?, ?>) Objects.requireNonNull(request
				.getAttribute(HandlerMapping.URI_TEMPLATE_VARIABLES_ATTRIBUTE, RequestAttributes.SCOPE_REQUEST));
			String digits = (String) Objects.requireNonNull(variables.get(name));
			try {
				return Digits.number(digits);
			}
			catch (NumberFormatException ex) {
				throw new MethodArgumentTypeMismatchException(digits, long.class, name, parameter, ex);
			}
		}

	}

}
