package accounts.web;

import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.sun.management.UnixOperatingSystemMXBean;
import jakarta.servlet.http.HttpServletRequest;
import org.apache.catalina.Lifecycle;
import org.apache.catalina.core.StandardHost;
import org.apache.coyote.AbstractProtocol;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.thread.Threading;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.webmvc.autoconfigure.WebMvcRegistrations;
import org.springframework.context.MessageSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.web.filter.RequestContextFilter;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.config.annotation.ContentNegotiationConfigurer;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.springframework.web.servlet.mvc.WebContentInterceptor;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerAdapter;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/** The conventions of the API that hold for every handler. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({ AddressSettings.class, CorsSettings.class, ErrorSettings.class, LoadSettings.class })
class WebConfiguration implements WebMvcConfigurer {

	/**
	 * In bytes: a header that has come in part takes up to a quarter of it. A server
	 * without memory would answer nobody, not even after those who hold it have gone.
	 */
	private static final long FOR_EACH_CONNECTION = 80 * 1024;

	/** Open files that are no connections: the jars, the database, its log. */
	private static final long OTHER_FILES = 256;

	private final RequestBodies bodies;

	private final JsonMapper json;

	WebConfiguration(RequestBodies bodies, JsonMapper json) {
		this.bodies = bodies;
		this.json = json;
	}

	/**
	 * The answer is JSON whatever the client says it accepts, as RFC 9110 (12.5.1)
	 * allows.
	 */
	@Override
	public void configureContentNegotiation(ContentNegotiationConfigurer configurer) {
		configurer.ignoreAcceptHeader(true).defaultContentType(MediaType.APPLICATION_JSON);
	}

	@Override
	public void addInterceptors(InterceptorRegistry registry) {
		registry.addInterceptor(this.bodies);
		WebContentInterceptor caching = new WebContentInterceptor();
		caching.setCacheControl(CacheControl.noStore());
		registry.addInterceptor(caching)
			.excludePathPatterns("/openapi.yaml", "/docs/**", "/.well-known/jwks.json", "/auth/status-lists/**");
	}

	@Bean
	WebMvcRegistrations handlers() {
		JsonAnswers records = new JsonAnswers(this.json);
		return new WebMvcRegistrations() {
			@Override
			public RequestMappingHandlerMapping getRequestMappingHandlerMapping() {
				return new SlashOptionalMapping();
			}

			@Override
			public RequestMappingHandlerAdapter getRequestMappingHandlerAdapter() {
				return new ShortCuts(records);
			}
		};
	}

	/** Static, as Spring asks for it before all other beans. */
	@Bean
	static MessageSource messageSource() {
		return new Untranslated();
	}

	/**
	 * The dispatcher does the same, and no filter of ours asks for the current request.
	 */
	@Bean
	FilterRegistrationBean<RequestContextFilter> noRequestContextFilter() {
		FilterRegistrationBean<RequestContextFilter> filter = new FilterRegistrationBean<>(new RequestContextFilter());
		filter.setEnabled(false);
		return filter;
	}

	@Bean
	WebServerFactoryCustomizer<TomcatServletWebServerFactory> serverErrors() {
		return (factory) -> factory.addContextCustomizers((context) -> ((StandardHost) context.getParent())
			.setErrorReportValveClass(ServerErrors.class.getName()));
	}

	@Bean
	WebServerFactoryCustomizer<TomcatServletWebServerFactory> clientAddress(Environment environment,
			AddressSettings addresses) {
		Proxies proxies = Proxies.of(environment, addresses.proxies());
		return (factory) -> factory.addEngineValves(new ClientAddress(proxies));
	}

	@Bean
	WebServerFactoryCustomizer<TomcatServletWebServerFactory> connections() {
		return (factory) -> {
			factory.addContextValves(new ClientConnection.Finder());
			factory.addConnectorCustomizers((connector) -> {
				if (connector.getProtocolHandler() instanceof AbstractProtocol<?> protocol) {
					protocol.setMaxConnections((int) Math.min(protocol.getMaxConnections(), roomForConnections()));
				}
				// Two buffers for each open connection, of 8 KB each: so much that 64 MiB
				// would not hold 4,000 idle ones
				connector.setProperty("socket.appReadBufSize", "1024");
				connector.setProperty("socket.appWriteBufSize", "1024");
				// Nobody uses them, and each byte of them may take as long as it likes
				connector.setProperty("maxExtensionSize", "64");
				connector.setProperty("maxTrailerSize", "64");
			});
		};
	}

	/**
	 * Not with PostgreSQL, where to wait for a query looks like work, nor with virtual
	 * threads, of which the JVM itself has only a few run.
	 */
	@Bean
	WebServerFactoryCustomizer<TomcatServletWebServerFactory> threads(Environment environment) {
		boolean bounded = environment.getRequiredProperty("spring.datasource.url").startsWith("jdbc:sqlite:")
				&& Threading.PLATFORM.isActive(environment);
		return (factory) -> factory.addConnectorCustomizers((connector) -> {
			if (bounded && connector.getProtocolHandler() instanceof AbstractProtocol<?> protocol) {
				int most = protocol.getMaxThreads();
				connector.addLifecycleListener((event) -> {
					if (event.getType().equals(Lifecycle.BEFORE_START_EVENT)) {
						protocol.setExecutor(RequestThreads.start(most));
					}
					else if (event.getType().equals(Lifecycle.AFTER_STOP_EVENT)
							&& protocol.getExecutor() instanceof RequestThreads threads) {
						threads.stop();
					}
				});
			}
		});
	}

	/** What the heap and the system's limit of open files have room for. */
	private static long roomForConnections() {
		long inMemory = Runtime.getRuntime().maxMemory() / FOR_EACH_CONNECTION;
		return (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system)
				? Math.min(inMemory, Math.max(OTHER_FILES, system.getMaxFileDescriptorCount() - OTHER_FILES))
				: inMemory;
	}

	/**
	 * A path that ends in a slash gives the same answer without it. Paths with a number
	 * are looked up as those without are, where Spring would try every pattern there is.
	 */
	private static final class SlashOptionalMapping extends RequestMappingHandlerMapping {

		/** A part of a path that is a number, or of a pattern that stands for one. */
		private static final Pattern NUMBER = Pattern.compile("/(?:[0-9]+|\\{[^/]+)(?=/|$)");

		/** To ask each of Spring's own for its annotations would take a start longer. */
		@Override
		protected boolean isHandler(Class<?> beanType) {
			return beanType.getName().startsWith("accounts.") && super.isHandler(beanType);
		}

		@Override
		protected @Nullable RequestMappingInfo getMappingForMethod(Method method, Class<?> handlerType) {
			RequestMappingInfo mapping = super.getMappingForMethod(method, handlerType);
			if (mapping == null) {
				return null;
			}
			String[] paths = mapping.getPatternValues()
				.stream()
				.flatMap(SlashOptionalMapping::paths)
				.toArray(String[]::new);
			return mapping.mutate().paths(paths).options(getBuilderConfiguration()).build();
		}

		@Override
		protected Set<String> getDirectPaths(RequestMappingInfo mapping) {
			return mapping.getPatternValues().stream().map(SlashOptionalMapping::shape).collect(Collectors.toSet());
		}

		/**
		 * What is found so must still match the request; if nothing does, all is tried.
		 */
		@Override
		protected @Nullable HandlerMethod lookupHandlerMethod(String lookupPath, HttpServletRequest request)
				throws Exception {
			return super.lookupHandlerMethod(shape(lookupPath), request);
		}

		private static String shape(String path) {
			return NUMBER.matcher(path).replaceAll("/0");
		}

		private static Stream<String> paths(String path) {
			return path.endsWith("/") ? Stream.of(path, path.substring(0, path.length() - 1)) : Stream.of(path);
		}

	}

}
