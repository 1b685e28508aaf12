package accounts.start;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.type.filter.AnnotationTypeFilter;
import org.springframework.util.ClassUtils;

/**
 * A setting of ours, which is a component of a record that Spring Boot binds.
 *
 * @param name by Spring Boot's rules
 * @param open whether more may follow the name, as of a list or a map
 */
record KnownSetting(ConfigurationPropertyName name, boolean open) {

	/** All there are. */
	static final List<KnownSetting> ALL = find();

	private static List<KnownSetting> find() {
		ClassPathScanningCandidateComponentProvider scanner = new ClassPathScanningCandidateComponentProvider(false);
		scanner.addIncludeFilter(new AnnotationTypeFilter(ConfigurationProperties.class));
		// What all of them are called, so that not every class is looked into
		scanner.setResourcePattern("**/*Settings.class");
		return scanner.findCandidateComponents("accounts")
			.stream()
			.map((bean) -> ClassUtils.resolveClassName(String.valueOf(bean.getBeanClassName()), null))
			.flatMap((type) -> components(
					ConfigurationPropertyName.of(type.getAnnotation(ConfigurationProperties.class).value()), type))
			.toList();
	}

	private static Stream<KnownSetting> components(ConfigurationPropertyName prefix, Class<?> record) {
		return Stream.of(record.getRecordComponents()).flatMap((component) -> {
			Class<?> type = component.getType();
			ConfigurationPropertyName name = prefix.append(DataObjectPropertyName.toDashedForm(component.getName()));
			return type.isRecord() ? components(name, type) : Stream.of(new KnownSetting(name,
					Collection.class.isAssignableFrom(type) || Map.class.isAssignableFrom(type) || type.isArray()));
		});
	}

	String property() {
		return this.name.toString();
	}

	/** As an environment variable, by the newer of two rules that Spring Boot has. */
	String variable() {
		return property().replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
	}

	/** Whether a property of this name, in whatever spelling, is read. */
	boolean isProperty(String text) {
		ConfigurationPropertyName other = ConfigurationPropertyName.adapt(text, '.');
		return this.name.equals(other) || (this.open && this.name.isAncestorOf(other));
	}

	/** Whether an environment variable of this name, in capitals, is read. */
	boolean isVariable(String text) {
		return Stream.of(variable(), property().replace("-", "").replace('.', '_').toUpperCase(Locale.ROOT))
			.anyMatch((form) -> text.equals(form) || (this.open && text.startsWith(form + "_")));
	}

}
