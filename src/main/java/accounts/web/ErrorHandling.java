package accounts.web;

import java.util.LinkedHashSet;
import java.util.Set;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.util.DisconnectedClientHelper;

/**
 * Answers every error of a request in one form, and keeps to itself what is nobody's
 * business.
 */
@RestControllerAdvice
@Order(Ordered.LOWEST_PRECEDENCE)
class ErrorHandling {

	private static final Logger log = LoggerFactory.getLogger(ErrorHandling.class);

	/**
	 * Refusals that an operator wants to read of; the others are the client's own
	 * mistakes.
	 */
	private static final Set<HttpStatus> LOGGED = Set.of(HttpStatus.UNAUTHORIZED, HttpStatus.FORBIDDEN,
			HttpStatus.CONFLICT, HttpStatus.TOO_MANY_REQUESTS, HttpStatus.SERVICE_UNAVAILABLE);

	private final RefusalLog refusals;

	ErrorHandling(RefusalLog refusals) {
		this.refusals = refusals;
	}

	@ExceptionHandler
	ResponseEntity<ErrorAnswer> refused(ApiException ex) {
		if (LOGGED.contains(ex.status())) {
			this.refusals.write(ex.answer().error());
		}
		return answer(ex.status(), ex.headers(), ex.answer());
	}

	@ExceptionHandler(HttpMessageNotReadableException.class)
	ResponseEntity<ErrorAnswer> unreadable() {
		return refused(new InvalidBody());
	}

	/**
	 * What the database can't do now, it may do soon: another program holds it, the disk
	 * is full.
	 */
	@ExceptionHandler({ TransientDataAccessException.class, DataAccessResourceFailureException.class,
			CannotCreateTransactionException.class })
	ResponseEntity<ErrorAnswer> unavailable(Exception ex) {
		this.refusals
			.writeCause("The database can't be used: " + NestedExceptionUtils.getMostSpecificCause(ex).getMessage());
		return refused(new Busy(ex));
	}

	/** A path whose variable is not what it must be leads nowhere. */
	@ExceptionHandler(MethodArgumentTypeMismatchException.class)
	ResponseEntity<ErrorAnswer> wrongPath() {
		return answer(HttpStatus.NOT_FOUND, HttpHeaders.EMPTY,
				ErrorAnswer.of(ErrorAnswer.sentence(HttpStatus.NOT_FOUND.value())));
	}

	/**
	 * A query that is not encoded as it must be; or a form, which Spring has the server
	 * read before it finds that no handler wants one.
	 */
	@ExceptionHandler(InvalidParameterException.class)
	ResponseEntity<ErrorAnswer> unreadableParameters(HttpServletRequest request) {
		if (request.getMethod().equals(HttpMethod.POST.name())) {
			return refused(new UnsupportedMediaType());
		}
		return answer(HttpStatus.BAD_REQUEST, HttpHeaders.EMPTY,
				ErrorAnswer.of(ErrorAnswer.sentence(HttpStatus.BAD_REQUEST.value())));
	}

	/** Beside the handlers' own methods the client may use those that Spring answers. */
	@ExceptionHandler
	ResponseEntity<ErrorAnswer> wrongMethod(HttpRequestMethodNotSupportedException ex) {
		Set<HttpMethod> allowed = new LinkedHashSet<>(ex.getHeaders().getAllow());
		if (allowed.contains(HttpMethod.GET)) {
			allowed.add(HttpMethod.HEAD);
		}
		allowed.add(HttpMethod.OPTIONS);
		HttpHeaders headers = new HttpHeaders();
		headers.setAllow(allowed);
		return answer(ex.getStatusCode(), headers, ErrorAnswer.of(ErrorAnswer.sentence(ex.getStatusCode().value())));
	}

	@ExceptionHandler
	@Nullable ResponseEntity<ErrorAnswer> others(Exception ex, HttpServletResponse response) throws Exception {
		if (ex instanceof ErrorResponse error) {
			HttpStatusCode status = error.getStatusCode();
			return answer(status, error.getHeaders(), ErrorAnswer.of(ErrorAnswer.sentence(status.value())));
		}
		if (DisconnectedClientHelper.isClientDisconnectedException(ex)) {
			return null;
		}
		log.error("Failed", ex);
		if (response.isCommitted()) {
			// Half of an answer must not look like a whole one: the server cuts the
			// connection
			throw ex;
		}
		HttpStatus status = HttpStatus.INTERNAL_SERVER_ERROR;
		return answer(status, HttpHeaders.EMPTY, ErrorAnswer.of(ErrorAnswer.sentence(status.value())));
	}

	private static ResponseEntity<ErrorAnswer> answer(HttpStatusCode status, HttpHeaders headers, ErrorAnswer answer) {
		ResponseEntity.BodyBuilder builder = ResponseEntity.status(status).headers(headers);
		if (status.isSameCodeAs(HttpStatus.UNAUTHORIZED)) {
			// RFC 9110, 15.5.2: a 401 names the scheme (RFC 6750) that would be accepted
			builder.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
		}
		return builder.contentType(MediaType.APPLICATION_JSON).body(answer);
	}

}
