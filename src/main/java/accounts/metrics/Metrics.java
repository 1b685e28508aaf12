package accounts.metrics;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;

import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.apache.catalina.connector.Connector;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.tomcat.TomcatWebServer;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Gathers what every {@link MeterBinder} there is measures, if there is a port to fetch
 * it from; without one nothing is measured.
 */
@Component
@EnableConfigurationProperties(MetricsSettings.class)
class Metrics implements WebServerFactoryCustomizer<TomcatServletWebServerFactory>, DisposableBean {

	private static final Logger log = LoggerFactory.getLogger(Metrics.class);

	private final MetricsSettings settings;

	private final ObjectProvider<MeterBinder> binders;

	private final List<AutoCloseable> open = new ArrayList<>();

	private final @Nullable PrometheusMeterRegistry registry;

	private @Nullable MetricsServer server;

	Metrics(MetricsSettings settings, ObjectProvider<MeterBinder> binders) {
		this.settings = settings;
		this.binders = binders;
		this.registry = (settings.port() != null) ? new PrometheusMeterRegistry(PrometheusConfig.DEFAULT) : null;
	}

	@Override
	public void customize(TomcatServletWebServerFactory factory) {
		if (this.registry != null) {
			factory.addEngineValves(new RequestTimer(this.registry));
		}
	}

	@EventListener
	void up(WebServerInitializedEvent event) {
		Integer port = this.settings.port();
		if (this.registry == null || port == null) {
			return;
		}
		this.binders.forEach((binder) -> binder.bindTo(this.registry));
		JvmGcMetrics collections = new JvmGcMetrics();
		this.open.add(collections);
		for (MeterBinder binder : List.of(new JvmMemoryMetrics(), collections, new JvmThreadMetrics(),
				new ProcessorMetrics(), new UptimeMetrics(), new FileDescriptorMetrics())) {
			binder.bindTo(this.registry);
		}
		if (event.getWebServer() instanceof TomcatWebServer server) {
			Connector connector = server.getTomcat().getConnector();
			new ServerThreads(connector.getProtocolHandler()).bindTo(this.registry);
		}
		this.server = new MetricsServer(this.settings.address(), port, this.registry.getPrometheusRegistry());
		this.open.add(this.server);
		log.info("Metrics: {}", this.server.address());
	}

	/** Where they are to be had, if anywhere. */
	@Nullable URI address() {
		return (this.server != null) ? this.server.address() : null;
	}

	@Override
	public void destroy() throws Exception {
		for (AutoCloseable each : this.open) {
			each.close();
		}
	}

}
