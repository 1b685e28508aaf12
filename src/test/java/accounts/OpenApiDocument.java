package accounts;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/** What openapi.yaml promises, to hold the service's answers against. */
public final class OpenApiDocument {

	/** The files of the page at /docs/ are no part of the API. */
	public static final Set<String> FILES = Set.of("/docs/docs.js", "/docs/favicon-32x32.png",
			"/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css");

	/**
	 * Statuses that {@code default} stands for. Each other one is an operation's own, and
	 * listed there.
	 */
	private static final Set<Integer> DEFAULT = Set.of(400, 408, 413, 500, 503);

	/** Headers that tell a client what to do next, so that none may be left unsaid. */
	private static final List<String> TELLING = List.of("Allow", "Link", "Location", "Retry-After", "Set-Cookie",
			"WWW-Authenticate", "X-Total-Count");

	private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch");

	private static final String IRI = "https://accounts.test/openapi.yaml";

	private static final OpenApiDocument SHARED = new OpenApiDocument();

	private final JsonMapper json = new JsonMapper();

	private final JsonNode root;

	private final SchemaRegistry schemas;

	private OpenApiDocument() {
		try (InputStream yaml = OpenApiDocument.class.getResourceAsStream("/openapi.yaml")) {
			Object tree = new Yaml().load(yaml);
			this.root = this.json.valueToTree(tree);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		SchemaRegistryConfig config = SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build();
		this.schemas = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12,
				(builder) -> builder.schemas(Map.of(IRI, this.root.toString())).schemaRegistryConfig(config));
	}

	public static OpenApiDocument shared() {
		return SHARED;
	}

	public Set<Operation> operations() {
		Set<Operation> operations = new LinkedHashSet<>();
		this.root.path("paths")
			.forEachEntry((path, item) -> item.propertyNames()
				.stream()
				.filter(METHODS::contains)
				.forEach((method) -> operations.add(new Operation(method.toUpperCase(Locale.ROOT), path))));
		return operations;
	}

	/** The operations that anyone may call. */
	public Set<Operation> open() {
		return operations().stream().filter(this::isOpen).collect(Collectors.toSet());
	}

	private boolean isOpen(Operation operation) {
		JsonNode own = node(operation).path("security");
		return (own.isMissingNode() ? this.root.path("security") : own).isEmpty();
	}

	/** Every status that an operation lists. */
	public Set<Outcome> outcomes() {
		Set<Outcome> outcomes = new TreeSet<>();
		for (Operation operation : operations()) {
			for (String status : node(operation).path("responses").propertyNames()) {
				if (!status.equals("default")) {
					outcomes.add(new Outcome(operation, Integer.parseInt(status)));
				}
			}
		}
		return outcomes;
	}

	/** The bodies that an operation shows its readers. */
	public List<JsonNode> requestExamples(Operation operation) {
		JsonNode body = resolve(pointer(operation) + "/requestBody").node();
		List<JsonNode> examples = new ArrayList<>();
		for (JsonNode example : body.path("content").path("application/json").path("examples")) {
			String ref = example.path("$ref").asString("");
			examples.add((ref.isEmpty() ? example : resolve(ref.substring(1)).node()).path("value"));
		}
		return examples;
	}

	/**
	 * Where in the document an object in an answer may have members that it doesn't list.
	 */
	public Set<String> openObjects() {
		Set<String> open = new TreeSet<>();
		Set<String> seen = new LinkedHashSet<>();
		for (Operation operation : operations()) {
			String responses = pointer(operation) + "/responses";
			for (String status : at(responses).propertyNames()) {
				Place response = resolve(responses + "/" + status);
				for (String type : response.node().path("content").propertyNames()) {
					collectOpenObjects(response.pointer() + "/content/" + escape(type) + "/schema", open, seen);
				}
			}
		}
		return open;
	}

	private void collectOpenObjects(String pointer, Set<String> open, Set<String> seen) {
		Place schema = resolve(pointer);
		if (!seen.add(schema.pointer())) {
			return;
		}
		if (schema.node().path("type").asString("").equals("object")
				&& !schema.node().path("additionalProperties").equals(JsonNodeFactory.instance.booleanNode(false))) {
			open.add(schema.pointer());
		}
		for (String name : schema.node().path("properties").propertyNames()) {
			collectOpenObjects(schema.pointer() + "/properties/" + name, open, seen);
		}
		if (schema.node().has("items")) {
			collectOpenObjects(schema.pointer() + "/items", open, seen);
		}
	}

	/**
	 * Fails if the document does not say that a request to this address is answered so.
	 * @return what was seen, if the request was one of the document's
	 */
	public Optional<Outcome> check(String method, String address, Answer answer) {
		if (method.equals("OPTIONS")) {
			return Optional.empty();
		}
		boolean head = method.equals("HEAD");
		String path = path(address);
		Optional<Operation> operation = FILES.contains(path) ? Optional.empty() : find(head ? "GET" : method, path);
		List<String> wrong = new ArrayList<>();
		if (operation.isPresent()) {
			Place response = response(operation.get(), answer.status());
			if (response == null) {
				wrong.add("the status is not listed");
			}
			else {
				checkHeaders(response, answer, wrong);
				checkBody(response, answer, head, wrong);
			}
		}
		else if (answer.status() >= 400) {
			checkBody(resolve("/components/responses/OtherError"), answer, head, wrong);
		}
		else if (!FILES.contains(path)) {
			wrong.add("there is no such operation");
		}
		if (!wrong.isEmpty()) {
			throw new AssertionError("openapi.yaml does not know this answer to %s %s: %s%n%d %s".formatted(method,
					address, wrong, answer.status(), answer.body()));
		}
		return operation.map((known) -> new Outcome(known, answer.status()));
	}

	private Place response(Operation operation, int status) {
		String responses = pointer(operation) + "/responses";
		if (at(responses).has(Integer.toString(status))) {
			return resolve(responses + "/" + status);
		}
		return DEFAULT.contains(status) ? resolve(responses + "/default") : null;
	}

	private void checkHeaders(Place response, Answer answer, List<String> wrong) {
		JsonNode headers = response.node().path("headers");
		for (String name : headers.propertyNames()) {
			Place header = resolve(response.pointer() + "/headers/" + escape(name));
			List<String> values = answer.headers(name);
			if (values.size() > 1 || (values.isEmpty() && header.node().path("required").asBoolean(false))) {
				wrong.add("the header " + name + " comes " + values.size() + " times");
			}
			for (String value : values) {
				JsonNodeFactory nodes = JsonNodeFactory.instance;
				boolean number = header.node().path("schema").path("type").asString("").equals("integer")
						&& value.matches("\\d{1,18}");
				checkSchema(header.pointer() + "/schema",
						number ? nodes.numberNode(Long.parseLong(value)) : nodes.stringNode(value), name, wrong);
			}
		}
		for (String name : TELLING) {
			if (!answer.headers(name).isEmpty() && !headers.has(name)) {
				wrong.add("the header " + name + " is not listed");
			}
		}
	}

	private void checkBody(Place response, Answer answer, boolean head, List<String> wrong) {
		JsonNode content = response.node().path("content");
		String type = String.valueOf(answer.header("Content-Type")).replaceFirst(";.*", "");
		if (content.isEmpty()) {
			if (!answer.body().isEmpty()) {
				wrong.add("there must be no body");
			}
		}
		else if (!content.has(type)) {
			wrong.add("the media type " + type + " is not listed");
		}
		else if (!head && content.path(type).has("schema")) {
			try {
				checkSchema(response.pointer() + "/content/" + escape(type) + "/schema",
						this.json.readTree(answer.body()), "body", wrong);
			}
			catch (JacksonException ex) {
				wrong.add("the body is no JSON");
			}
		}
	}

	private void checkSchema(String pointer, JsonNode value, String name, List<String> wrong) {
		Schema schema = this.schemas.getSchema(SchemaLocation.of(IRI + "#" + pointer));
		for (Error error : schema.validate(value)) {
			wrong.add(name + error);
		}
	}

	/** The path as the service understands it: decoded, without parameters. */
	private static String path(String address) {
		String path = URI.create("http://accounts.test" + address).getPath().replaceAll(";[^/]*", "");
		return (path.endsWith("/") || path.contains(".")) ? path : path + "/";
	}

	private Optional<Operation> find(String method, String path) {
		JsonNode paths = this.root.path("paths");
		if (paths.has(path)) {
			return Optional.of(new Operation(method, path)).filter(operations()::contains);
		}
		return operations().stream()
			.filter((operation) -> operation.method().equals(method))
			.filter((operation) -> path.matches(operation.path().replaceAll("\\{\\w+}", "[^/]+")))
			.findAny();
	}

	private JsonNode node(Operation operation) {
		return at(pointer(operation));
	}

	private static String pointer(Operation operation) {
		return "/paths/" + escape(operation.path()) + "/" + operation.method().toLowerCase(Locale.ROOT);
	}

	private static String escape(String name) {
		return name.replace("~", "~0").replace("/", "~1");
	}

	private JsonNode at(String pointer) {
		return this.root.at(pointer);
	}

	/** What stands there, or where the reference that stands there leads. */
	private Place resolve(String pointer) {
		JsonNode node = at(pointer);
		return node.has("$ref") ? resolve(node.path("$ref").asString().substring(1)) : new Place(pointer, node);
	}

	private record Place(String pointer, JsonNode node) {

	}

	/** A method and a path's template, as in {@code GET /users/{id}/}. */
	public record Operation(String method, String path) {

		@Override
		public String toString() {
			return this.method + " " + this.path;
		}

	}

	/** An operation, and a status that it was answered with. */
	public record Outcome(Operation operation, int status) implements Comparable<Outcome> {

		@Override
		public int compareTo(Outcome other) {
			return toString().compareTo(other.toString());
		}

		@Override
		public String toString() {
			return this.operation + ": " + this.status;
		}

	}

}
