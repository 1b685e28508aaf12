package accounts.web;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

import jakarta.servlet.http.HttpServletResponse;

import org.springframework.context.annotation.Lazy;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.InputStreamResource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PropertiesLoaderUtils;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.util.DigestUtils;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * The documentation: the API's own description, and Swagger UI to read it and try it out
 * without the internet. Read when somebody does.
 */
@RestController
@Lazy
class DocsController {

	private static final MediaType CSS = MediaType.parseMediaType("text/css;charset=UTF-8");

	private static final MediaType HTML = MediaType.parseMediaType("text/html;charset=UTF-8");

	private static final MediaType SCRIPT = MediaType.parseMediaType("text/javascript;charset=UTF-8");

	/** Browsers show it, where they would save an {@code application/yaml}. */
	private static final MediaType YAML = MediaType.parseMediaType("text/yaml;charset=UTF-8");

	/** Swagger UI's own scripts, styles and pictures, and requests to this service. */
	private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; "
			+ "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

	private final Page document = Page.ours("openapi.yaml", YAML);

	private final Page index = Page.ours("docs/index.html", HTML);

	private final Page script = Page.ours("docs/docs.js", SCRIPT);

	private final Page library;

	private final Page style;

	private final Page icon;

	DocsController() throws IOException {
		Properties webjar = PropertiesLoaderUtils
			.loadProperties(new ClassPathResource("META-INF/maven/org.webjars/swagger-ui/pom.properties"));
		String version = webjar.getProperty("version");
		this.library = Page.swaggerUi(version, "swagger-ui-bundle.js", SCRIPT);
		this.style = Page.swaggerUi(version, "swagger-ui.css", CSS);
		this.icon = Page.swaggerUi(version, "favicon-32x32.png", MediaType.IMAGE_PNG);
	}

	@Open
	@GetMapping("/openapi.yaml")
	ResponseEntity<Resource> document() {
		return this.document.answer();
	}

	@Open
	@GetMapping("/docs/")
	ResponseEntity<Resource> index(HttpServletResponse response) {
		response.setHeader(SecurityHeaders.POLICY, POLICY);
		return this.index.answer();
	}

	@Open
	@GetMapping("/docs/docs.js")
	ResponseEntity<Resource> script() {
		return this.script.answer();
	}

	@Open
	@GetMapping("/docs/swagger-ui-bundle.js")
	ResponseEntity<Resource> library() {
		return this.library.answer();
	}

	@Open
	@GetMapping("/docs/swagger-ui.css")
	ResponseEntity<Resource> style() {
		return this.style.answer();
	}

	@Open
	@GetMapping("/docs/favicon-32x32.png")
	ResponseEntity<Resource> icon() {
		return this.icon.answer();
	}

	/**
	 * A file that browsers keep, and ask each time whether it has changed.
	 *
	 * @param etag names its content
	 */
	private record Page(Resource file, MediaType type, String etag) {

		static Page ours(String name, MediaType type) throws IOException {
			Resource file = new ClassPathResource(name);
			try (InputStream content = file.getInputStream()) {
				return new Page(file, type, DigestUtils.md5DigestAsHex(content));
			}
		}

		static Page swaggerUi(String version, String name, MediaType type) {
			Resource file = new ClassPathResource("META-INF/resources/webjars/swagger-ui/" + version + "/" + name);
			return new Page(file, type, version);
		}

		ResponseEntity<Resource> answer() {
			// A stream, as Spring would answer a range of a file with 206 or 416
			return ResponseEntity.ok()
				.contentType(this.type)
				.cacheControl(CacheControl.noCache())
				.eTag(this.etag)
				.body(new InputStreamResource(this.file));
		}

	}

}
