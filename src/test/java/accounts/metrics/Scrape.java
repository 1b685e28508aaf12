package accounts.metrics;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import accounts.Service;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The metrics as Prometheus reads them, by the grammar of its text format: a line that is
 * none fails.
 *
 * @param types what each metric is, by its name
 * @param samples the values, by name and labels in order: {@code name{a="1",b="2"}}
 */
record Scrape(String text, Map<String, String> types, Map<String, Double> samples) {

	private static final String NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";

	private static final String LABEL = "([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\\n]|\\\\[\\\\\"n])*)\"";

	private static final Pattern COMMENT = Pattern.compile("# (HELP|TYPE) (" + NAME + ") (.*)");

	private static final Pattern SAMPLE = Pattern
		.compile("(" + NAME + ")(?:\\{(" + LABEL + "(?:," + LABEL + ")*)?,?\\})? ([^ ]+)(?: -?\\d+)?");

	private static final Pattern ONE_LABEL = Pattern.compile(LABEL);

	static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	static Scrape of(Service service) throws IOException, InterruptedException {
		HttpResponse<String> answer = get(address(service), "GET");
		assertThat(answer.statusCode()).isEqualTo(200);
		return parse(answer.body());
	}

	/** The first scrape that is so: an answer is counted a moment after it was sent. */
	static Scrape when(Service service, Predicate<Scrape> so) throws IOException, InterruptedException {
		long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
		Scrape scrape = of(service);
		while (!so.test(scrape) && System.nanoTime() < end) {
			scrape = of(service);
		}
		assertThat(so.test(scrape)).as(scrape.text).isTrue();
		return scrape;
	}

	static URI address(Service service) {
		return service.bean(Metrics.class).address();
	}

	static HttpResponse<String> get(URI address, String method, String... headers)
			throws IOException, InterruptedException {
		HttpRequest.Builder request = HttpRequest.newBuilder(address).method(method, BodyPublishers.noBody());
		if (headers.length > 0) {
			request.headers(headers);
		}
		return HTTP.send(request.build(), BodyHandlers.ofString());
	}

	static Scrape parse(String text) {
		assertThat(text).endsWith("\n");
		Map<String, String> types = new TreeMap<>();
		Map<String, Double> samples = new LinkedHashMap<>();
		Set<String> ended = new LinkedHashSet<>();
		String family = "";
		for (String line : text.split("\n", -1)) {
			Matcher comment = COMMENT.matcher(line);
			Matcher sample = SAMPLE.matcher(line);
			if (comment.matches()) {
				if (!comment.group(2).equals(family)) {
					// All lines of a metric stand together
					assertThat(ended.add(family)).as(line).isTrue();
					family = comment.group(2);
					assertThat(ended).as(line).doesNotContain(family);
				}
				if (comment.group(1).equals("TYPE")) {
					assertThat(comment.group(3)).as(line).isIn("counter", "gauge", "histogram", "summary", "untyped");
					assertThat(types.put(family, comment.group(3))).as(line).isNull();
				}
			}
			else if (sample.matches()) {
				assertThat(sample.group(1)).as(line).matches(family + "(_bucket|_count|_sum|_max)?");
				String value = sample.group(sample.groupCount());
				double number = value.endsWith("Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(value);
				assertThat(samples.put(sample.group(1) + labels(sample.group(2)), number)).as(line).isNull();
			}
			else {
				assertThat(line).isEmpty();
			}
		}
		return new Scrape(text, types, samples);
	}

	private static String labels(String labels) {
		if (labels == null) {
			return "";
		}
		Map<String, String> sorted = new TreeMap<>();
		Matcher label = ONE_LABEL.matcher(labels);
		while (label.find()) {
			assertThat(sorted.put(label.group(1), label.group(2))).as(labels).isNull();
		}
		StringBuilder text = new StringBuilder();
		sorted.forEach((name, value) -> text.append(text.isEmpty() ? "" : ",").append(name + "=\"" + value + "\""));
		return "{" + text + "}";
	}

	/** The value of a sample that must be there. */
	double value(String sample) {
		assertThat(this.samples).containsKey(sample);
		return this.samples.get(sample);
	}

	/** How often requests were answered so; zero if never. */
	double answered(String method, String uri, int status) {
		return this.samples.getOrDefault("http_server_requests_seconds_count{method=\"%s\",status=\"%s\",uri=\"%s\"}"
			.formatted(method, status, uri), 0.0);
	}

	/** The names of all samples. */
	Set<String> names() {
		Set<String> names = new LinkedHashSet<>();
		this.samples.keySet().forEach((sample) -> names.add(sample.replaceFirst("\\{.*", "")));
		return names;
	}

}
