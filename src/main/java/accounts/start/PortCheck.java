package accounts.start;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Locale;

import org.springframework.boot.context.event.ApplicationPreparedEvent;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationListener;

/**
 * Finds out whether the service could listen where it is told to before anything else is
 * done: the database must not be brought up to date under a program that still runs.
 */
class PortCheck implements ApplicationListener<ApplicationPreparedEvent> {

	@Override
	public void onApplicationEvent(ApplicationPreparedEvent event) {
		if (event.getApplicationContext() instanceof WebServerApplicationContext context) {
			Binder settings = Binder.get(context.getEnvironment());
			tryToListen(settings, "server", () -> {
				if (settings.bind("accounts.metrics.port", Integer.class).isBound()) {
					// While the first is held, as one port can't serve both
					tryToListen(settings, "accounts.metrics", () -> {
					});
				}
			});
		}
	}

	/** Tries it by the settings PREFIX.port and PREFIX.address. */
	private static void tryToListen(Binder settings, String prefix, Runnable meanwhile) {
		String name = prefix.replace('.', '_').toUpperCase(Locale.ROOT);
		int port = settings.bind(prefix + ".port", Integer.class).orElse(0);
		if (port < 0 || port > 65_535) {
			throw new StartRefused(name + "_PORT is " + port + ": it must be from 0 to 65535.");
		}
		InetAddress address = settings.bind(prefix + ".address", InetAddress.class).orElse(null);
		try (ServerSocket socket = new ServerSocket()) {
			socket.bind(new InetSocketAddress(address, port));
			meanwhile.run();
		}
		catch (IOException ex) {
			throw new StartRefused("Port " + port + ((address != null) ? " of " + address.getHostAddress() : "")
					+ " can't be used (" + ex.getMessage() + "): stop the program that has it, or set " + name
					+ "_PORT to a free port and " + name + "_ADDRESS to an address of this machine.", ex);
		}
	}

}
