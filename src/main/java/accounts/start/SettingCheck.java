package accounts.start;

import java.util.Comparator;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.springframework.boot.context.event.ApplicationPreparedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** Refuses settings and profiles that nobody reads, which are most likely misspelt. */
class SettingCheck implements ApplicationListener<ApplicationPreparedEvent> {

	/**
	 * What Kubernetes tells each container of the services beside it that are called
	 * "accounts" or "accounts-…":
	 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
	 */
	private static final Pattern SERVICE = Pattern
		.compile("ACCOUNTS_([A-Z0-9_]+_)?(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)=.*|PORT=[a-z]+://.*"
				+ "|PORT_[0-9]+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?=.*)", Pattern.DOTALL);

	@Override
	public void onApplicationEvent(ApplicationPreparedEvent event) {
		check(event.getApplicationContext().getEnvironment());
	}

	/**
	 * Looks through all that is set.
	 * @throws StartRefused if something means nothing
	 */
	static void check(ConfigurableEnvironment environment) {
		for (String profile : environment.getActiveProfiles()) {
			// Spring names the file that a source was read from
			if (environment.getPropertySources()
				.stream()
				.noneMatch((source) -> source.getName().contains("-" + profile + "."))) {
				throw new StartRefused("There is no profile " + profile
						+ ": SPRING_PROFILES_ACTIVE may be hardened, or the NAME of a file application-NAME.properties "
						+ "that sets something.");
			}
		}
		String unknown = environment.getPropertySources()
			.stream()
			.flatMap(SettingCheck::unknown)
			.distinct()
			.collect(Collectors.joining(", "));
		if (!unknown.isEmpty()) {
			throw new StartRefused("There is no setting " + unknown + ": correct it, or take it out.");
		}
	}

	private static Stream<String> unknown(PropertySource<?> source) {
		if (!(source instanceof EnumerablePropertySource<?> names)) {
			return Stream.empty();
		}
		boolean environment = source instanceof SystemEnvironmentPropertySource;
		return Stream.of(names.getPropertyNames())
			.map((name) -> (environment && name.indexOf('.') < 0) ? unknownVariable(name, source)
					: unknownProperty(name))
			.filter((sentence) -> !sentence.isEmpty());
	}

	private static String unknownVariable(String name, PropertySource<?> source) {
		String upper = name.toUpperCase(Locale.ROOT);
		if (!upper.startsWith("ACCOUNTS_") || SERVICE.matcher(upper + "=" + source.getProperty(name)).matches()
				|| KnownSetting.ALL.stream().anyMatch((known) -> known.isVariable(upper))) {
			return "";
		}
		return name + nearest(upper, KnownSetting.ALL.stream().map(KnownSetting::variable));
	}

	private static String unknownProperty(String name) {
		if (!name.toLowerCase(Locale.ROOT).startsWith("accounts.")
				|| KnownSetting.ALL.stream().anyMatch((known) -> known.isProperty(name))) {
			return "";
		}
		return name + nearest(name, KnownSetting.ALL.stream().map(KnownSetting::property));
	}

	private static String nearest(String name, Stream<String> known) {
		return known.min(Comparator.comparingInt((each) -> distance(name, each)))
			.map((nearest) -> " (the nearest there is: " + nearest + ")")
			.orElseThrow();
	}

	/** How many letters must be put in, taken out or changed (Levenshtein). */
	private static int distance(String from, String to) {
		int[] row = IntStream.rangeClosed(0, to.length()).toArray();
		for (int i = 1; i <= from.length(); i++) {
			int diagonal = row[0];
			row[0] = i;
			for (int j = 1; j <= to.length(); j++) {
				int changed = diagonal + ((from.charAt(i - 1) == to.charAt(j - 1)) ? 0 : 1);
				diagonal = row[j];
				row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
			}
		}
		return row[to.length()];
	}

}
