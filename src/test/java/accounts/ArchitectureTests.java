package accounts;

import java.text.DecimalFormatSymbols;
import java.util.List;
import java.util.Locale;

import accounts.web.Digits;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.GeneralCodingRules;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.web.bind.annotation.RestController;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

/** The map of the code, held. */
@Tag("sqlite")
class ArchitectureTests {

	private static final JavaClasses CODE = new ClassFileImporter()
		.withImportOption(new ImportOption.DoNotIncludeTests())
		// What Spring wrote for a build before
		.withImportOption((file) -> !file.contains("__"))
		.importPackages("accounts");

	@Test
	void authKnowsUserWhichKnowsDatabaseWhichKnowsWeb() {
		layeredArchitecture().consideringOnlyDependenciesInLayers()
			.layer("root")
			.definedBy("accounts")
			.layer("metrics")
			.definedBy("accounts.metrics..")
			.layer("auth")
			.definedBy("accounts.auth..")
			.layer("user")
			.definedBy("accounts.user..")
			.layer("database")
			.definedBy("accounts.database..")
			.layer("web")
			.definedBy("accounts.web..")
			.layer("start")
			.definedBy("accounts.start..")
			.whereLayer("root")
			.mayNotBeAccessedByAnyLayer()
			.whereLayer("metrics")
			.mayNotBeAccessedByAnyLayer()
			.whereLayer("metrics")
			.mayOnlyAccessLayers("start")
			.whereLayer("auth")
			.mayOnlyBeAccessedByLayers("root")
			.whereLayer("user")
			.mayOnlyBeAccessedByLayers("root", "auth")
			.whereLayer("database")
			.mayOnlyBeAccessedByLayers("root", "auth", "user")
			.whereLayer("web")
			.mayOnlyBeAccessedByLayers("root", "auth", "user", "database")
			.whereLayer("start")
			.mayNotAccessAnyLayer()
			.ensureAllClassesAreContainedInArchitecture()
			.check(CODE);
	}

	@Test
	void noFoldersKnowEachOtherInACircle() {
		slices().matching("accounts.(*)..").should().beFreeOfCycles().check(CODE);
	}

	@Test
	void jjwtIsKnownToAccessTokensAlone() {
		noClasses().that()
			.haveNameNotMatching("accounts\\.auth\\.AccessTokens(\\$.*)?")
			.should()
			.dependOnClassesThat()
			.resideInAPackage("io.jsonwebtoken..")
			.check(CODE);
	}

	@Test
	void databasesAreKnownToRepositoriesAlone() {
		noClasses().that()
			.resideOutsideOfPackage("accounts.database..")
			.and()
			.haveNameNotMatching(".*Repository(\\$.*)?")
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage("java.sql..", "javax.sql..", "org.springframework.jdbc..", "com.zaxxer..",
					"org.sqlite..", "org.flywaydb..")
			.check(CODE);
	}

	@Test
	void prometheusIsKnownToMetricsAlone() {
		noClasses().that()
			.resideOutsideOfPackage("accounts.metrics..")
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage("io.prometheus..", "io.micrometer.prometheusmetrics..")
			.check(CODE);
	}

	@Test
	void password4jIsKnownToEncodersAndTheirHashesAlone() {
		noClasses().that()
			.haveNameNotMatching("accounts\\.user\\.(\\w+Encoder|WerkzeugHash)(\\$.*)?")
			.should()
			.dependOnClassesThat()
			.resideInAPackage("com.password4j..")
			.check(CODE);
	}

	@Test
	void nativeLibrariesAreKnownToNativeArgon2Alone() {
		noClasses().that()
			.haveNameNotMatching("accounts\\.user\\.NativeArgon2(\\$.*)?")
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage("com.sun.jna..", "de.mkammerer..")
			.check(CODE);
	}

	@Test
	void picocliIsKnownToCommandsAlone() {
		noClasses().that()
			.haveNameNotMatching(
					"accounts\\.(Commands|start\\.SettingArguments|auth\\.RotateKeys|database\\.(DatabaseCommand|Move|Backup|Restore))(\\$.*)?")
			.should()
			.dependOnClassesThat()
			.resideInAPackage("picocli..")
			.check(CODE);
	}

	@Test
	void textForMachinesFollowsNoLocaleAndKnowsTheDigitsFrom0To9Alone() {
		noClasses().that()
			.doNotHaveFullyQualifiedName(Digits.class.getName())
			.should()
			.accessTargetWhere(target(describe("follows the default locale, or takes digits of every script",
					ArchitectureTests::dependsOnLanguage)))
			.check(CODE);
	}

	private static boolean dependsOnLanguage(AccessTarget target) {
		if (!(target instanceof CodeUnitAccessTarget called)) {
			return false;
		}
		List<String> parameters = called.getRawParameterTypes().stream().map(JavaClass::getName).toList();
		if (parameters.contains(Locale.class.getName())) {
			return false;
		}
		return switch (target.getOwner().getName() + "." + target.getName()) {
			case "java.lang.String.format", "java.lang.String.formatted", "java.lang.String.toLowerCase",
					"java.lang.String.toUpperCase", "java.io.PrintStream.printf", "java.io.PrintStream.format",
					"java.io.PrintWriter.printf", "java.io.PrintWriter.format", "java.util.Formatter.<init>",
					"java.util.Scanner.<init>", "java.text.MessageFormat.format",
					"java.time.format.DateTimeFormatter.ofPattern", "java.text.SimpleDateFormat.<init>",
					"java.time.format.DateTimeFormatter.ofLocalizedDate",
					"java.time.format.DateTimeFormatter.ofLocalizedTime",
					"java.time.format.DateTimeFormatter.ofLocalizedDateTime", "java.lang.Integer.parseInt",
					"java.lang.Integer.parseUnsignedInt", "java.lang.Long.parseUnsignedLong",
					"java.lang.Short.parseShort", "java.lang.Byte.parseByte", "java.lang.Integer.decode",
					"java.lang.Long.parseLong", "java.lang.Long.decode", "java.lang.Character.isDigit" ->
				true;
			case "java.lang.Integer.valueOf", "java.lang.Long.valueOf", "java.lang.Short.valueOf",
					"java.lang.Byte.valueOf", "java.math.BigInteger.<init>", "java.math.BigDecimal.<init>" ->
				parameters.contains(String.class.getName());
			case "java.text.DecimalFormat.<init>" -> !parameters.contains(DecimalFormatSymbols.class.getName());
			case "java.text.NumberFormat.getInstance", "java.text.NumberFormat.getIntegerInstance",
					"java.text.NumberFormat.getNumberInstance", "java.text.NumberFormat.getPercentInstance" ->
				true;
			default -> false;
		};
	}

	/** As the start looks for them, to tell a setting from a misspelt one. */
	@Test
	void settingsAreRecordsNamedSo() {
		classes().that()
			.areAnnotatedWith(ConfigurationProperties.class)
			.should()
			.beRecords()
			.andShould()
			.haveSimpleNameEndingWith("Settings")
			.check(CODE);
	}

	@Test
	void controllersAreNobodysToCall() {
		classes().that().areAnnotatedWith(RestController.class).should().bePackagePrivate().check(CODE);
	}

	@Test
	void whatAClassNeedsComesThroughItsConstructor() {
		GeneralCodingRules.NO_CLASSES_SHOULD_USE_FIELD_INJECTION.check(CODE);
	}

}
