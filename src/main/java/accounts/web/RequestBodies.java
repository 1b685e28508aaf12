package accounts.web;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.MethodParameter;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpInputMessage;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.converter.HttpMessageConverter;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.HandlerInterceptor;
import org.springframework.web.servlet.mvc.method.annotation.RequestBodyAdviceAdapter;

/**
 * Lets only bodies through that are short enough and a JSON object in honest UTF-8, which
 * the JSON library alone takes more lightly (RFC 8259, section 8).
 */
@RestControllerAdvice
class RequestBodies extends RequestBodyAdviceAdapter implements HandlerInterceptor {

	static final int MAX_BYTES = 64 * 1024;

	/** The encoding that is none (RFC 9110, 12.5.3). */
	static final String IDENTITY = "identity";

	private final JsonMapper json;

	RequestBodies(JsonMapper json) {
		this.json = json;
	}

	@Override
	public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
		if (request.getContentLengthLong() > MAX_BYTES
				|| (hasChunks(request) && !readsBody(handler) && isLong(request))) {
			throw new BodyTooLarge();
		}
		return true;
	}

	/** Whether a body comes that doesn't tell its length. */
	private static boolean hasChunks(HttpServletRequest request) {
		return request.getHeader(HttpHeaders.TRANSFER_ENCODING) != null;
	}

	private static boolean readsBody(Object handler) {
		return handler instanceof HandlerMethod method && Stream.of(method.getMethodParameters())
			.anyMatch((parameter) -> parameter.hasParameterAnnotation(RequestBody.class));
	}

	private static boolean isLong(HttpServletRequest request) {
		try {
			return request.getInputStream().readNBytes(MAX_BYTES + 1).length > MAX_BYTES;
		}
		catch (IOException ex) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, null, ex);
		}
	}

	@Override
	public boolean supports(MethodParameter parameter, Type type, Class<? extends HttpMessageConverter<?>> converter) {
		return true;
	}

	@Override
	public HttpInputMessage beforeBodyRead(HttpInputMessage message, MethodParameter parameter, Type type,
			Class<? extends HttpMessageConverter<?>> converter) throws IOException {
		requireUtf8(message.getHeaders());
		byte[] body = message.getBody().readNBytes(MAX_BYTES + 1);
		if (body.length > MAX_BYTES) {
			throw new BodyTooLarge();
		}
		requireObject(body);
		return new Body(jsonAlone(), new ByteArrayInputStream(body));
	}

	@Override
	public @Nullable Object handleEmptyBody(@Nullable Object body, HttpInputMessage message, MethodParameter parameter,
			Type type, Class<? extends HttpMessageConverter<?>> converter) {
		requireUtf8(message.getHeaders());
		throw new InvalidBody();
	}

	/**
	 * JSON is UTF-8 (RFC 8259, section 8.1). To read another charset would let one text
	 * be several passwords.
	 */
	private static void requireUtf8(HttpHeaders headers) {
		MediaType type = headers.getContentType();
		Charset charset = (type != null) ? type.getCharset() : null;
		if (charset != null && !charset.equals(StandardCharsets.UTF_8)) {
			throw new UnsupportedMediaType();
		}
		if (!headers.getValuesAsList(HttpHeaders.CONTENT_ENCODING).stream().allMatch(IDENTITY::equalsIgnoreCase)) {
			throw new UnsupportedEncoding();
		}
	}

	/** No charset, so that the bytes are parsed as they were checked. */
	private static HttpHeaders jsonAlone() {
		HttpHeaders headers = new HttpHeaders();
		headers.setContentType(MediaType.APPLICATION_JSON);
		return headers;
	}

	private void requireObject(byte[] body) {
		try {
			String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
			JsonNode tree = this.json.readTree(text);
			if (!tree.isObject() || hasLoneSurrogate(tree)) {
				throw new InvalidBody();
			}
		}
		catch (CharacterCodingException | JacksonException ex) {
			throw new InvalidBody();
		}
	}

	/**
	 * An escape can write half of a surrogate pair, even in a member that nobody reads.
	 */
	private static boolean hasLoneSurrogate(JsonNode tree) {
		if (tree.isString()) {
			return !StandardCharsets.UTF_8.newEncoder().canEncode(tree.stringValue());
		}
		return tree.valueStream().anyMatch(RequestBodies::hasLoneSurrogate) || tree.propertyStream()
			.anyMatch((member) -> !StandardCharsets.UTF_8.newEncoder().canEncode(member.getKey()));
	}

	private record Body(HttpHeaders headers, InputStream body) implements HttpInputMessage {

		@Override
		public HttpHeaders getHeaders() {
			return this.headers;
		}

		@Override
		public InputStream getBody() {
			return this.body;
		}

	}

}
