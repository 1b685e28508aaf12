package accounts.start;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

import org.jspecify.annotations.Nullable;

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
			int port = settings.bind("server.port", Integer.class).orElse(0);
			if (port < 0 || port > 65_535) {
				throw new StartRefused("SERVER_PORT is " + port + ": it must be from 0 to 65535.");
			}
			tryToListen(settings.bind("server.address", InetAddress.class).orElse(null), port);
		}
	}

	private static void tryToListen(@Nullable InetAddress address, int port) {
		try (ServerSocket socket = new ServerSocket()) {
			socket.bind(new InetSocketAddress(address, port));
		}
		catch (IOException ex) {
			throw new StartRefused("Port " + port + ((address != null) ? " of " + address.getHostAddress() : "")
					+ " can't be used (" + ex.getMessage()
					+ "): stop the program that has it, or set SERVER_PORT to a free port and SERVER_ADDRESS to an address "
					+ "of this machine.", ex);
		}
	}

}
