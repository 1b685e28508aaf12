package accounts.start;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The settings among a command's arguments, as Spring Boot takes them. */
@Command(parameterListHeading = "%nArguments:%n")
public class SettingArguments {

	/** Spring Boot's own have a dot in their name, but for two. */
	private static final Predicate<String> SETTING = Pattern
		.compile("--(\\p{Alpha}[^=]*[.\\[][^=]*|debug|trace)(=.*)?", Pattern.DOTALL)
		.asMatchPredicate();

	@Spec(Spec.Target.MIXEE)
	@SuppressWarnings("NullAway.Init")
	private CommandSpec command;

	@Parameters(paramLabel = "--name=value", description = "A setting, such as --server.port=8080.")
	private List<String> arguments = new ArrayList<>();

	public static boolean isSetting(String argument) {
		return SETTING.test(argument);
	}

	public static boolean areAll(String... arguments) {
		return Stream.of(arguments).allMatch(SETTING);
	}

	/**
	 * All of them, for Spring Boot, which would pass over what is none.
	 * @throws UnmatchedArgumentException if there is anything else
	 */
	public String[] all() {
		String[] all = this.arguments.toArray(String[]::new);
		if (!areAll(all)) {
			throw unknown();
		}
		return all;
	}

	/** Those that are settings, for a command that has another argument. */
	public String[] settings() {
		return this.arguments.stream().filter(SETTING).toArray(String[]::new);
	}

	/**
	 * The one argument that is no setting.
	 * @throws ParameterException if there is none, or another one
	 */
	public String only(String label) {
		List<String> others = this.arguments.stream().filter(SETTING.negate()).toList();
		Stream<String> wrong = Stream.concat(others.stream().filter((other) -> other.startsWith("-")),
				others.stream().skip(1));
		wrong.findFirst().ifPresent((first) -> {
			throw new UnmatchedArgumentException(this.command.commandLine(), List.of(first));
		});
		if (others.isEmpty()) {
			throw new ParameterException(this.command.commandLine(), "Missing required parameter: '" + label + "'");
		}
		return others.get(0);
	}

	/** Says what else there is, which may be two dashes that ended the options. */
	public UnmatchedArgumentException unknown() {
		List<String> others = this.arguments.stream().filter(SETTING.negate()).toList();
		return new UnmatchedArgumentException(this.command.commandLine(), others.isEmpty() ? List.of("--") : others);
	}

}
