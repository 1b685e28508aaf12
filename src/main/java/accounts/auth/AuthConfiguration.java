package accounts.auth;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.task.ThreadPoolTaskSchedulerCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.ScheduledAnnotationBeanPostProcessor;
import org.springframework.scheduling.config.TaskManagementConfigUtils;
import org.springframework.transaction.TransactionException;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/**
 * Puts the guard before every handler there is, and sees to what is done by the clock.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({ TokenSettings.class, KeySettings.class, SessionSettings.class,
		ThrottleSettings.class })
class AuthConfiguration implements WebMvcConfigurer {

	private static final Logger log = LoggerFactory.getLogger(AuthConfiguration.class);

	@Override
	public void addInterceptors(InterceptorRegistry registry) {
		registry.addInterceptor(new LoginGuard());
	}

	/** What {@code @EnableScheduling} would bring, for our own beans. */
	@Bean(TaskManagementConfigUtils.SCHEDULED_ANNOTATION_PROCESSOR_BEAN_NAME)
	static ScheduledAnnotationBeanPostProcessor schedules() {
		return new OwnSchedules();
	}

	/** What can't be done now as the database is away is done the next time. */
	@Bean
	ThreadPoolTaskSchedulerCustomizer schedulerErrors() {
		return (scheduler) -> scheduler.setErrorHandler((ex) -> {
			if (ex instanceof DataAccessException || ex instanceof TransactionException) {
				log.warn("The database can't be used: {}", NestedExceptionUtils.getMostSpecificCause(ex).getMessage());
			}
			else {
				log.error("Failed", ex);
			}
		});
	}

	/** To ask each of Spring's own for its annotations would take a start longer. */
	private static final class OwnSchedules extends ScheduledAnnotationBeanPostProcessor {

		@Override
		public Object postProcessAfterInitialization(Object bean, String beanName) {
			return bean.getClass().getName().startsWith("accounts.")
					? super.postProcessAfterInitialization(bean, beanName) : bean;
		}

	}

}
