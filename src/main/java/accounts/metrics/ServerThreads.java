package accounts.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.apache.coyote.AbstractProtocol;
import org.apache.coyote.ProtocolHandler;
import org.apache.tomcat.util.threads.ThreadPoolExecutor;

/**
 * How busy the server is, under the names that Micrometer gives it where JMX is on.
 *
 * @param protocol what the server listens with
 */
record ServerThreads(ProtocolHandler protocol) implements MeterBinder {

	@Override
	public void bindTo(MeterRegistry registry) {
		if (this.protocol instanceof AbstractProtocol<?> known) {
			Gauge.builder("tomcat.connections.current", known, AbstractProtocol::getConnectionCount)
				.baseUnit("connections")
				.description("Connections that are open")
				.register(registry);
			Gauge.builder("tomcat.connections.config.max", known, AbstractProtocol::getMaxConnections)
				.baseUnit("connections")
				.description("Connections that may be open")
				.register(registry);
		}
		// Virtual threads come from no pool
		if (this.protocol.getExecutor() instanceof ThreadPoolExecutor threads) {
			Gauge.builder("tomcat.threads.busy", threads, ThreadPoolExecutor::getActiveCount)
				.baseUnit("threads")
				.description("Threads that answer a request")
				.register(registry);
			Gauge.builder("tomcat.threads.current", threads, ThreadPoolExecutor::getPoolSize)
				.baseUnit("threads")
				.description("Threads that there are")
				.register(registry);
			Gauge.builder("tomcat.threads.config.max", threads, ThreadPoolExecutor::getMaximumPoolSize)
				.baseUnit("threads")
				.description("Threads that there may be")
				.register(registry);
		}
	}

}
