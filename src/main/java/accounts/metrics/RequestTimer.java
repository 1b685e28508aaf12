package accounts.metrics;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.servlet.ServletException;
import org.apache.catalina.AccessLog;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.jspecify.annotations.Nullable;

import org.springframework.web.servlet.HandlerMapping;

/**
 * Times every answer, as an access log would: also those that the server gives by itself,
 * before any of our code is asked. What a client made up is in no label.
 */
class RequestTimer extends ValveBase implements AccessLog {

	private static final String OTHER = "other";

	private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

	private static final Duration[] BUCKETS = { Duration.ofMillis(5), Duration.ofMillis(10), Duration.ofMillis(25),
			Duration.ofMillis(50), Duration.ofMillis(100), Duration.ofMillis(250), Duration.ofMillis(500),
			Duration.ofSeconds(1), Duration.ofMillis(2_500), Duration.ofSeconds(5), Duration.ofSeconds(10) };

	private final MeterRegistry registry;

	private final Map<Answered, Timer> timers = new ConcurrentHashMap<>();

	RequestTimer(MeterRegistry registry) {
		super(true);
		this.registry = registry;
	}

	@Override
	public void invoke(Request request, Response response) throws IOException, ServletException {
		getNext().invoke(request, response);
	}

	@Override
	public void log(Request request, Response response, long nanos) {
		String method = request.getMethod();
		Object pattern = request.getAttribute(HandlerMapping.BEST_MATCHING_PATTERN_ATTRIBUTE);
		this.timers
			.computeIfAbsent(new Answered((method != null && METHODS.contains(method)) ? method : OTHER,
					(pattern != null) ? pattern.toString() : null, response.getStatus()), this::timer)
			.record(nanos, TimeUnit.NANOSECONDS);
	}

	private Timer timer(Answered answered) {
		return Timer.builder("http.server.requests")
			.description("Answers, and how long they took")
			.tag("method", answered.method)
			.tag("uri", answered.uri())
			.tag("status", Integer.toString(answered.status))
			.serviceLevelObjectives(BUCKETS)
			.register(this.registry);
	}

	@Override
	public void setRequestAttributesEnabled(boolean enabled) {
		// No address is in any label
	}

	@Override
	public boolean getRequestAttributesEnabled() {
		return false;
	}

	private record Answered(String method, @Nullable String pattern, int status) {

		/** As in openapi.yaml: {@code /users/{id}/}. */
		String uri() {
			if (this.pattern == null) {
				return OTHER;
			}
			String path = this.pattern.replaceAll("\\{(\\w+):[^/]*}", "{$1}");
			return (path.endsWith("/") || path.contains(".")) ? path : path + "/";
		}

	}

}
