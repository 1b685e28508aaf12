package accounts.start;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.origin.PropertySourceOrigin;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.util.PlaceholderResolutionException;

/**
 * Says in one sentence on stderr why the start was refused, where Spring Boot would fill
 * a screen.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
public class StartFailures implements SpringBootExceptionReporter {

	private static final Map<Class<?>, String> VALUES = Map.of(Integer.class, "a whole number", int.class,
			"a whole number", Boolean.class, "true or false", boolean.class, "true or false", Duration.class,
			"a duration like 30s, 15m or 1h", InetAddress.class, "an address of this machine, like 127.0.0.1");

	@Override
	public boolean reportException(Throwable failure) {
		String sentence = sentence(failure);
		System.err.println("accounts: " + ((sentence != null) ? sentence
				: "Failed for an unforeseen reason ("
						+ NestedExceptionUtils.getMostSpecificCause(failure).getClass().getSimpleName()
						+ "): the log has the details."));
		return sentence != null;
	}

	private static @Nullable String sentence(Throwable failure) {
		StartRefused refused = cause(failure, StartRefused.class);
		if (refused != null) {
			return refused.getMessage();
		}
		PortInUseException port = cause(failure, PortInUseException.class);
		if (port != null) {
			return "Port " + port.getPort() + " is in use: stop the other program, or set SERVER_PORT to a free port.";
		}
		PlaceholderResolutionException reference = cause(failure, PlaceholderResolutionException.class);
		if (reference != null) {
			// Whose message has the whole value, which may be a password
			return "A setting refers to ${" + reference.getPlaceholder()
					+ "}, which has no value: set it, or write \\${ where no reference is meant.";
		}
		BindException setting = cause(failure, BindException.class);
		return (setting != null) ? sentence(setting) : null;
	}

	private static String sentence(BindException setting) {
		var property = setting.getProperty();
		if (property == null) {
			return "The settings under " + setting.getName() + " are not valid.";
		}
		// As it was written: SERVER_PORT in the environment is the property server.port
		String name = (property.getOrigin() instanceof PropertySourceOrigin origin) ? origin.getPropertyName()
				: property.getName().toString();
		Class<?> type = setting.getTarget().getType().resolve(Object.class);
		return name + " is " + Secrets.hide(String.valueOf(property.getValue())) + ": it must be " + value(type) + ".";
	}

	private static String value(Class<?> type) {
		if (type.isEnum()) {
			return "one of "
					+ Stream.of(type.getEnumConstants()).map(Object::toString).collect(Collectors.joining(", "));
		}
		return VALUES.getOrDefault(type, "a " + type.getSimpleName());
	}

	private static <T extends Throwable> @Nullable T cause(Throwable failure, Class<T> type) {
		return Stream.<Throwable>iterate(failure, (ex) -> ex != null, Throwable::getCause)
			.filter(type::isInstance)
			.map(type::cast)
			.findFirst()
			.orElse(null);
	}

}
