/** What the service counts and times, for Prometheus to fetch. */
@NullMarked
package accounts.metrics;

import org.jspecify.annotations.NullMarked;
