package accounts.metrics;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import accounts.start.StartRefused;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/**
 * The port that Prometheus fetches the metrics from, as its text or OpenMetrics. It asks
 * for no token, so that who can reach it is for the operator to decide.
 */
class MetricsServer implements AutoCloseable {

	private static final Logger log = LoggerFactory.getLogger(MetricsServer.class);

	private static final String PATH = "/metrics";

	/** More than one program at a time has no need of them. */
	private static final int THREADS = 2;

	private final ExpositionFormats formats = ExpositionFormats.init();

	private final PrometheusRegistry registry;

	private final HttpServer server;

	private final ExecutorService threads = Executors.newFixedThreadPool(THREADS, (work) -> {
		Thread thread = new Thread(work, "metrics");
		thread.setDaemon(true);
		return thread;
	});

	MetricsServer(InetAddress address, int port, PrometheusRegistry registry) {
		this.registry = registry;
		// Seconds after which a client that sends or reads no further is left alone
		System.setProperty("sun.net.httpserver.maxReqTime", System.getProperty("sun.net.httpserver.maxReqTime", "10"));
		System.setProperty("sun.net.httpserver.maxRspTime", System.getProperty("sun.net.httpserver.maxRspTime", "30"));
		try {
			this.server = HttpServer.create(new InetSocketAddress(address, port), 0);
		}
		catch (IOException ex) {
			throw new StartRefused("Port " + port + " of " + address.getHostAddress() + " can't be used ("
					+ ex.getMessage() + "): set ACCOUNTS_METRICS_PORT to a free port.", ex);
		}
		this.server.createContext("/", this::answer);
		this.server.setExecutor(this.threads);
		this.server.start();
	}

	URI address() {
		InetSocketAddress address = this.server.getAddress();
		String host = address.getAddress().getHostAddress();
		return URI.create("http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort() + PATH);
	}

	private void answer(HttpExchange exchange) throws IOException {
		try (exchange) {
			exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
			String method = exchange.getRequestMethod();
			if (!exchange.getRequestURI().getPath().equals(PATH)) {
				exchange.sendResponseHeaders(HttpStatus.NOT_FOUND.value(), -1);
			}
			else if (!method.equals("GET") && !method.equals("HEAD")) {
				exchange.getResponseHeaders().set(HttpHeaders.ALLOW, "GET, HEAD");
				exchange.sendResponseHeaders(HttpStatus.METHOD_NOT_ALLOWED.value(), -1);
			}
			else {
				write(exchange, method.equals("HEAD"));
			}
		}
		catch (RuntimeException ex) {
			// The server would close the connection and say nothing of it
			log.error("The metrics can't be written", ex);
		}
	}

	private void write(HttpExchange exchange, boolean onlyHead) throws IOException {
		String accept = exchange.getRequestHeaders().getFirst(HttpHeaders.ACCEPT);
		ExpositionFormatWriter format = format(accept);
		ByteArrayOutputStream text = new ByteArrayOutputStream();
		format.write(text, this.registry.scrape(), EscapingScheme.fromAcceptHeader(accept));
		exchange.getResponseHeaders().set(HttpHeaders.CONTENT_TYPE, format.getContentType());
		exchange.getResponseHeaders().set(HttpHeaders.CACHE_CONTROL, "no-store");
		exchange.sendResponseHeaders(HttpStatus.OK.value(), onlyHead ? -1 : text.size());
		if (!onlyHead) {
			text.writeTo(exchange.getResponseBody());
		}
	}

	/** OpenMetrics where it is asked for. The binary format, which is not here, never. */
	private ExpositionFormatWriter format(@Nullable String accept) {
		ExpositionFormatWriter openMetrics = this.formats.getOpenMetricsTextFormatWriter();
		return (accept != null && openMetrics.accepts(accept)) ? openMetrics
				: this.formats.getPrometheusTextFormatWriter();
	}

	@Override
	public void close() {
		this.server.stop(0);
		this.threads.shutdownNow();
	}

}
