package accounts.metrics;

import java.net.InetAddress;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Where the metrics are to be had, which the start has found to be free.
 *
 * @param port of their own; nothing is measured unless it is set
 * @param address of this machine, which others don't reach unless it is set
 */
@ConfigurationProperties("accounts.metrics")
record MetricsSettings(@Nullable Integer port, InetAddress address) {

}
