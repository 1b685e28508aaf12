package accounts.web;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import accounts.Account;
import accounts.Answer;
import accounts.Client;
import accounts.RawHttp;
import accounts.Service;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

import static org.assertj.core.api.Assertions.assertThat;

/** Every error of whatever origin has the contract's form. */
class ErrorTests {

	private static final int LIMIT = 64 * 1024;

	private static final String LOGIN = "/auth/get-token/";

	private static final String NO_OBJECT = "The body must be a JSON object in UTF-8";

	private static final String TOO_LARGE = "The body is larger than 64 KiB";

	private final Service service = Service.shared();

	private final Client nobody = this.service.client();

	@ParameterizedTest
	@ValueSource(strings = { "/", "/nowhere", "/nowhere/", "/users/1/2/", "/users/me/x", "/error", "/favicon.ico",
			"/index.html", "/actuator/", "/auth/", "/%F0%9F%A6%89/", "/WEB-INF/web.xml", "/META-INF/" })
	void aPathThatLeadsNowhereIsNotFound(String path) {
		this.nobody.as(this.service.account().token()).get(path).refused(404, "Not Found");
	}

	@ParameterizedTest
	@ValueSource(strings = { "/users/%00/", "/users/%0a/", "/users/%80/", "/users/%2F/", "/users/%2f/", "/users/%5C/",
			"/users/%/", "/users/%x/", "/users/%1/", "/users/%zz/", "/%", "/users/{1}/", "/users/|/", "/users/\\/",
			"/users/^/", "/users/\"/", "/users/<1>/", "/users;%/", "/users/;a=%zz", "/nowhere;%ff%/x", "/../",
			"/users/me/%2e%2e/%2e%2e/%2e%2e/", "/users/../../", "/users/\u00e9/" })
	void aPathThatIsNoneIsRefused(String path) throws IOException {
		Answer answer = raw("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
		answer.refused(answer.status());
		assertThat(answer.status()).isIn(400, 404);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			DELETE  | /users/           | GET,HEAD,POST,OPTIONS
			PUT     | /users            | GET,HEAD,POST,OPTIONS
			POST    | /users/me/        | GET,HEAD,OPTIONS
			POST    | /users/1/         | GET,HEAD,PUT,PATCH,DELETE,OPTIONS
			POST    | /users/1          | GET,HEAD,PUT,PATCH,DELETE,OPTIONS
			GET     | /auth/get-token/  | POST,OPTIONS
			HEAD    | /auth/get-token/  | POST,OPTIONS
			PUT     | /health/          | GET,HEAD,OPTIONS
			FOO     | /users/           | GET,HEAD,POST,OPTIONS
			get     | /users/           | GET,HEAD,POST,OPTIONS""")
	void aMethodThatAPathHasNotIsRefusedWithThoseItHas(String method, String path, String allowed) throws IOException {
		Answer answer = raw(method + " " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").is(405)
			.tellsNothingOfItself();
		if (method.equals("HEAD")) {
			assertThat(answer.body()).isEmpty();
		}
		else {
			answer.refused(405, "Method Not Allowed");
		}
		assertThat(String.join(",", answer.headers("Allow")).split(", ?", -1))
			.containsExactlyInAnyOrder(allowed.split(",", -1));
	}

	@ParameterizedTest
	@ValueSource(strings = { "FOO", "DELETE", "GET", "POST" })
	void noMethodLeadsAnywhereOnAnUnknownPath(String method) throws IOException {
		raw(method + " /nowhere/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").refused(404, "Not Found");
	}

	@Test
	void traceEchoesNothing() throws IOException {
		for (String path : new String[] { "/users/", "/nowhere/" }) {
			Answer answer = raw(
					"TRACE " + path + " HTTP/1.1\r\nHost: a\r\nCookie: secret=1\r\nConnection: close\r\n\r\n");
			assertThat(answer.refused(405, "Method Not Allowed").header("Allow")).doesNotContain("TRACE");
		}
	}

	@Test
	void aTunnelIsRefused() throws IOException {
		raw("CONNECT /users/ HTTP/1.1\r\nHost: a\r\n\r\n").refused(501, "Not Implemented");
	}

	@Test
	void optionsAnswersWithTheMethodsAlone() {
		Answer answer = this.nobody.send("OPTIONS", "/users/", "").is(200);
		assertThat(answer.body()).isEmpty();
		assertThat(answer.header("Allow").split(",", -1)).containsExactlyInAnyOrder("GET", "HEAD", "POST", "OPTIONS");
	}

	@Test
	void headAnswersAsGetWithoutTheBody() {
		Client client = this.service.account().client();
		assertThat(client.send("HEAD", "/users/me/", "").is(200).body()).isEmpty();
		assertThat(client.send("HEAD", "/users/9223372036854775807/", "").is(404).tellsNothingOfItself().body())
			.isEmpty();
		assertThat(this.nobody.send("HEAD", "/users/", "").is(401).tellsNothingOfItself().body()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "text/plain", "text/html", "application/xml", "application/x-www-form-urlencoded",
			"multipart/form-data; boundary=x", "multipart/form-data", "application/octet-stream", "nonsense", "a/b/c",
			"*/*", "application/*", "/", ";", "," })
	void aBodyOfAnotherMediaTypeIsRefused(String type) {
		Answer answer = this.nobody.with("Content-Type", type).post(LOGIN, "{}");
		answer.refused(415, "Unsupported Media Type");
	}

	@Test
	void aRangeOfMediaTypesIsRefusedEverywhere() throws IOException {
		for (String path : new String[] { LOGIN, "/users/me/", "/nowhere/" }) {
			raw("GET " + path + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/*\r\nConnection: close\r\n\r\n")
				.refused(415, "Unsupported Media Type");
		}
	}

	@Test
	void aBodyWithoutMediaTypeIsRefused() throws IOException {
		raw("POST " + LOGIN + " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}").refused(415,
				"Unsupported Media Type");
	}

	@ParameterizedTest
	@ValueSource(strings = { "a=%", "a=%zz", "%ff=%00", "\u00cc\u0000", "=&=&=", "a=%ed%a0%80" })
	void aFormIsRefusedHoweverBadItIs(String form) {
		this.nobody.with("Content-Type", "application/x-www-form-urlencoded")
			.post("/users/", form)
			.refused(415, "Unsupported Media Type");
	}

	@ParameterizedTest
	@ValueSource(strings = { "multipart/form-data; boundary=x", "application/x-www-form-urlencoded" })
	void aFormIsNoBodyForAHandlerThatWantsNone(String type) {
		this.nobody.with("Content-Type", type)
			.send("DELETE", "/users/1/", "--x\r\nid=2")
			.refused(401, "Authentication failed");
	}

	@ParameterizedTest
	@ValueSource(strings = { "nonsense", "text/html;q=x", "image/png", "application/json;q=0", "*/*;q=0", "text/html",
			"application/xml", ",", ";", "a/b/c", "text/event-stream", "application/problem+json" })
	void whatAClientAcceptsChangesNothing(String accept) {
		Account account = this.service.account();
		account.client().with("Accept", accept).get("/users/me/").is(200).json();
		account.client().with("Accept", accept).get("/users/").is(200).json();
		account.client().with("Accept", accept).get("/nowhere/").refused(404, "Not Found");
		this.nobody.with("Accept", accept).get("/users/").refused(401, "Authentication failed");
		this.nobody.with("Accept", accept).send("DELETE", "/users/", "").refused(405, "Method Not Allowed");
		this.nobody.with("Accept", accept)
			.post("/users/", "{}")
			.missing("first_name", "last_name", "email", "password");
		this.nobody.with("Accept", accept).post("/users/", "[").refused(400, NO_OBJECT);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "{", "}", "[]", "[{}]", "null", "true", "1", "\"text\"", "{}{}", "{} x", "{},",
			"{}\u0000", "{\"a\": 1, \"a\": 2}", "{\"x\": {\"a\": 1, \"\\u0061\": 2}}", "{'a': 1}", "{a: 1}",
			"{\"a\": 1,}", "{\"a\": 01}", "{\"a\": NaN}", "{\"a\": +1}", "{\"a\": \"\n\"}", "{\"a\": \"\u0000\"}",
			"{\"a\": \"\\x\"}", "{\"a\": \"\\u12\"}", "{} // comment", "/* comment */ {}", "<a/>", "a=1&b=2" })
	void aBodyThatIsNoJsonObjectIsRefused(String body) {
		onHandlersThatReadABody(BodyPublishers.ofString(body));
	}

	@Test
	void aRequestWithoutABodyIsRefusedWhereOneIsNeeded() throws IOException {
		raw("POST " + LOGIN + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
			.refused(400, NO_OBJECT);
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"email\": \"\\ud800\"}", "{\"email\": \"\\udc00\\ud800\"}", "{\"other\": \"x\\udfff\"}",
			"{\"\\ud800\": 1}", "{\"other\": [{\"deep\": [\"\\ud83d\"]}]}", "{\"other\": [{\"\\udc00\": 1}]}" })
	void halfOfASurrogatePairIsRefusedWhereverItStands(String body) {
		onHandlersThatReadABody(BodyPublishers.ofString(body));
	}

	@Test
	void aWholeSurrogatePairIsText() {
		this.nobody.post(LOGIN, "{\"email\": \"\\ud83e\\udd89\", \"password\": \"1\", \"\\ud83e\\udd89\": 1}")
			.refused(401, "Incorrect email");
	}

	@Test
	void aNulIsNoTextInAFieldAndNothingInAnother() {
		this.nobody.post(LOGIN, "{\"email\": \"\\u0000\", \"password\": \"a\\u0000\"}").wrong("email", "password");
		this.nobody.post(LOGIN, "{\"email\": \"a\", \"password\": \"a\", \"other\": \"\\u0000\"}")
			.refused(401, "Incorrect email");
	}

	@Test
	void deepJsonIsRefused() {
		onHandlersThatReadABody(BodyPublishers.ofString("[".repeat(10_000)));
		onHandlersThatReadABody(BodyPublishers.ofString("{\"a\":".repeat(10_000)));
		onHandlersThatReadABody(BodyPublishers.ofString("{\"a\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}"));
	}

	@Test
	void wideJsonIsRefused() {
		String members = IntStream.range(0, 20_000)
			.mapToObj((i) -> "\"" + Integer.toString(i, 36) + "\":1")
			.collect(Collectors.joining(",", "{", "}"));
		onHandlersThatReadABody(BodyPublishers.ofString(members.substring(0, LIMIT / 2) + ":1}"));
		this.nobody.post(LOGIN, members).refused(413, TOO_LARGE);
		onHandlersThatReadABody(BodyPublishers.ofString("{\"a\": [" + "1,".repeat(20_000) + "1]}"));
		onHandlersThatReadABody(BodyPublishers.ofString("{\"" + "a".repeat(20_000) + "\": 1}"));
	}

	@Test
	void aLongNumberIsRefused() {
		Answer answer = this.nobody.post(LOGIN, "{\"email\": " + "9".repeat(60_000) + ", \"password\": 1e999999999}");
		assertThat(answer.tellsNothingOfItself().status()).isEqualTo(400);
	}

	@ParameterizedTest
	@ValueSource(strings = { "80", "ff", "c3", "e282", "f09fa6", "c080", "c1bf", "e080af", "f08080af", "eda080",
			"edbfbf", "eda0bdedb880", "f4908080", "f8888080af", "c328", "fe" })
	void bytesThatAreNoUtf8AreRefused(String bytes) {
		for (String form : new String[] { "{\"email\": \"%s\"}", "{\"other\": \"%s\"}", "{\"%s\": 1}", "%s", "{}%s" }) {
			String wrong = new String(HexFormat.of().parseHex(bytes), StandardCharsets.ISO_8859_1);
			onHandlersThatReadABody(
					BodyPublishers.ofByteArray(form.formatted(wrong).getBytes(StandardCharsets.ISO_8859_1)));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE", "UTF-32BE" })
	void anotherEncodingThanUtf8IsRefused(String charset) {
		byte[] body = "{\"email\": \"a\", \"password\": \"a\"}".getBytes(Charset.forName(charset));
		onHandlersThatReadABody(BodyPublishers.ofByteArray(body));
		this.nobody.with("Content-Type", "application/json;charset=" + charset)
			.send("POST", LOGIN, BodyPublishers.ofByteArray(body))
			.refused(415, "Unsupported Media Type");
		// Its name alone changes nothing
		this.nobody.with("Content-Type", "application/json;charset=UTF-8")
			.send("POST", LOGIN, BodyPublishers.ofByteArray(body))
			.refused(400, NO_OBJECT);
	}

	@ParameterizedTest
	@ValueSource(strings = { "windows-1252", "ISO-8859-1", "latin1", "\"iso-8859-1\"", "US-ASCII", "UTF-16", "CESU-8",
			"UTF-7", "nonsense", "\"\"", "*", "UTF-8; charset=ISO-8859-1", "UTF-8, application/json" })
	void aBodyInAnotherCharsetThanUtf8IsRefused(String charset) {
		Account account = this.service.account();
		for (String type : new String[] { "application/json; charset=", "application/json;CHARSET=",
				"application/merge-patch+json; charset=" }) {
			refusedAs415("Content-Type", type + charset, account);
		}
		Account.login(this.nobody, account.email(), account.password()).is(200);
	}

	@ParameterizedTest
	@ValueSource(strings = { "application/json;charset=UTF-8", "application/json; charset=utf-8",
			"application/json ; Charset=\"Utf-8\"", "application/json;charset=utf8", "APPLICATION/JSON",
			"application/json; profile=x" })
	void utf8IsReadHoweverItIsNamed(String type) {
		Account account = this.service.account();
		assertThat(account.client()
			.with("Content-Type", type)
			.patch(account.path(), "{\"first_name\": \"Renée\", \"password\": \"Ábc\"}")
			.is(200)
			.text("first_name")).isEqualTo("Renée");
		Account.login(this.nobody, account.email(), "Íbc").refused(401, "Incorrect password");
		Account.login(this.nobody.with("Content-Type", type), account.email(), "Ábc").is(200);
	}

	@Test
	void twoMediaTypesAreNone() throws IOException {
		raw("POST " + LOGIN + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
				+ "Content-Type: application/json;charset=windows-1252\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
			.refused(415, "Unsupported Media Type");
	}

	@ParameterizedTest
	@ValueSource(strings = { "gzip", "x-gzip", "deflate", "br", "zstd", "identity, gzip", "gzip, identity", "aes128gcm",
			"nonsense", "identity;q=1", "*" })
	void anEncodedBodyIsRefused(String encoding) throws IOException {
		Account account = this.service.account();
		refusedAs415("Content-Encoding", encoding, account);
		assertThat(this.nobody.with("Content-Encoding", encoding).post(LOGIN, "{}").header("Accept-Encoding"))
			.isEqualTo("identity");
		raw("POST " + LOGIN + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Encoding: identity\r\n"
				+ "Content-Encoding: " + encoding + "\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
			.refused(415, "Unsupported Media Type");
	}

	@ParameterizedTest
	@ValueSource(strings = { "identity", "IDENTITY", "identity, identity", "identity,,", "" })
	void anEncodingThatIsNoneChangesNothing(String encoding) {
		this.nobody.with("Content-Encoding", encoding).post(LOGIN, "{}").missing("email", "password");
	}

	@Test
	void theCharsetAndTheEncodingOfABodyThatNobodyReadsChangeNothing() {
		Client client = this.service.account()
			.client()
			.with("Content-Type", "application/json;charset=\"\"")
			.with("Content-Encoding", "gzip");
		assertThat(client.send("GET", "/users/?q=%C3%89tranger", "{}").is(200).body()).isEqualTo("[]");
		client.send("POST", "/auth/logout/", "{}").is(204);
		// Who may not change anything is not told what is wrong with the change
		client.patch("/users/1/", "{}").refused(401, "Authentication failed");
	}

	@Test
	void aByteOrderMarkIsNoJson() {
		onHandlersThatReadABody(BodyPublishers.ofString("\ufeff{\"email\": \"a\", \"password\": \"a\"}"));
	}

	@Test
	void aBodyOf64KiBIsRead() {
		this.nobody.post(LOGIN, ofLength(LIMIT)).refused(401, "Incorrect email");
		this.nobody.send("POST", LOGIN, chunked(ofLength(LIMIT))).refused(401, "Incorrect email");
	}

	@Test
	void aBodyOver64KiBIsRefused() {
		Account account = this.service.account();
		for (int length : new int[] { LIMIT + 1, 1_000_000, 15_000_000 }) {
			String body = ofLength(length);
			for (Client client : new Client[] { this.nobody, account.client() }) {
				client.post(LOGIN, body).refused(413, TOO_LARGE);
				client.send("POST", "/users/", chunked(body)).refused(413, TOO_LARGE);
			}
			account.client().put(account.path(), body).refused(413, TOO_LARGE);
			account.client().send("GET", "/users/me/", body).refused(413, TOO_LARGE);
		}
		account.client().get("/users/me/").is(200);
	}

	@Test
	void aChunkedBodyOver64KiBIsRefusedByAHandlerThatReadsNone() {
		Account account = this.service.account();
		account.client().send("DELETE", account.path(), chunked(ofLength(5_000_000))).refused(413, TOO_LARGE);
		account.client().get("/users/me/").is(200);
	}

	@ParameterizedTest
	@ValueSource(strings = { "POST /auth/get-token/", "GET /health/live/", "GET /users/me/", "GET /nowhere/" })
	void aBodyThatNeverEndsIsNotReadForEver(String request) throws IOException {
		try (Socket socket = new Socket(this.service.address().getHost(), this.service.address().getPort())) {
			socket.setSoTimeout(30_000);
			OutputStream out = socket.getOutputStream();
			out.write((request + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
					+ "Transfer-Encoding: chunked\r\n\r\n")
				.getBytes(StandardCharsets.US_ASCII));
			byte[] chunk = ("1000\r\n" + " ".repeat(0x1000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
			long sent = 0;
			while (sent < 200_000_000) {
				out.write(chunk);
				sent += chunk.length;
			}
			throw new AssertionError("The server went on reading");
		}
		catch (SocketException ex) {
			// The server has closed the connection
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "/users/", "/%75sers/", "/users;a=b/", "/users", "/users/me/", "/users/me;x/",
			"/users/%6de/", "/users/1/", "/users/%31/" })
	void everyWayToWriteAPathIsGuardedTheSame(String path) throws IOException {
		raw("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").refused(401, "Authentication failed");
	}

	@ParameterizedTest
	@ValueSource(strings = { "/users/;a=b", "/./users/", "/nowhere/../users/", "//users//", "/users//", "//users/",
			"/users/me//", "/USERS/", "/users/me/.", "/users.json" })
	void anotherPathIsNotTheSame(String path) throws IOException {
		Answer answer = raw("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
		answer.refused(answer.status());
		assertThat(answer.status()).isIn(400, 401, 404);
	}

	@Test
	void anAbsoluteRequestTargetIsAPathLikeAnyOther() throws IOException {
		raw("GET http://a/users/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").refused(401,
				"Authentication failed");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "?", "?a", "?a=b&a=c", "?=", "?&&&", "?a=%", "?a=%zz", "?a=%00", "?a=%ff", "?%ff=1",
			"?method=delete", "?_method=DELETE", "?format=xml", "?jsessionid=1" })
	void aQueryThatNobodyAsksForChangesNothing(String query) throws IOException {
		raw("GET /health/live/" + query + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").is(200).json();
	}

	@ParameterizedTest
	@ValueSource(strings = { "nonsense", "GET", "GET  / HTTP/1.1", "GET / HTTP/1.1 x", "GET / http/1.1",
			"GET / HTTP/1.1x", "GET / FTP/1.1", "GET\t/\tHTTP/1.1", "G\u0000T / HTTP/1.1", "G(T / HTTP/1.1",
			"GET /\u0000 HTTP/1.1", "GET /\u0001 HTTP/1.1", "GET / \u0000", "GET nowhere HTTP/1.1", "GET * HTTP/1.1",
			"GET http:// HTTP/1.1", "GET http://a:x/ HTTP/1.1", "GET ftp://a/ HTTP/1.1", "\u0016\u0003\u0001\u0002",
			"PRI * HTTP/2.0" })
	void aBadRequestLineIsRefused(String line) throws IOException {
		String text = RawHttp.send(this.service.address(), line + "\r\nHost: a\r\nConnection: close\r\n\r\n");
		assertThat(text).as(line).startsWith("HTTP/1.1 ");
		Answer answer = RawHttp.parse(text.getBytes(StandardCharsets.ISO_8859_1));
		answer.refused(answer.status());
		assertThat(answer.status()).isIn(400, 404, 505);
	}

	@ParameterizedTest
	@ValueSource(strings = { "HTTP/3.0", "HTTP/2.0", "HTTP/1.2", "HTTP/9.9" })
	void anotherVersionOfHttpIsRefused(String version) throws IOException {
		raw("GET /users/ " + version + "\r\nHost: a\r\n\r\n").refused(505, "HTTP Version not supported");
	}

	@Test
	void http09AndHttp10AreAnsweredInTheirOwnWay() throws IOException {
		assertThat(RawHttp.send(this.service.address(), "GET /users/\r\n\r\n"))
			.isEqualToIgnoringWhitespace("{\"error\":\"Authentication failed\"}");
		raw("GET /users/ HTTP/1.0\r\n\r\n").refused(401, "Authentication failed");
	}

	@Test
	void aHostIsNeededOnceAndMustBeOne() throws IOException {
		raw("GET /users/ HTTP/1.1\r\n\r\n").refused(400, "Bad Request");
		raw("GET /users/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").refused(400, "Bad Request");
		raw("GET /users/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n").refused(400, "Bad Request");
		for (String host : new String[] { "a b", "a/b", "a:b", "[1", "a_b:99999999", "<a>", "a\u0000", "a,b", "a:1:2",
				"a@b", "[::1]x", "\u00e9" }) {
			raw("GET /users/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n").refused(400, "Bad Request");
		}
		raw("GET http://b/users/ HTTP/1.1\r\nHost: a\r\n\r\n").refused(400, "Bad Request");
	}

	@ParameterizedTest
	@ValueSource(strings = { "A: \u0000", "A: b\u0000c", "A\u0000: b", "A : b", "A", ": b", " A: b", "A(: b",
			"A: \u0001", "A: \u007f", "\u00e9: b", "A\tb: c" })
	void aHeaderThatIsNoneIsRefused(String header) throws IOException {
		raw("GET /users/ HTTP/1.1\r\nHost: a\r\n" + header + "\r\n\r\n").refused(400, "Bad Request");
	}

	@Test
	void aFoldedHeaderIsOne() throws IOException {
		Answer answer = raw(
				"GET /users/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nA: b\r\n\tX-Request-Id: 12345678\r\n\r\n")
			.refused(401, "Authentication failed");
		assertThat(answer.header("X-Request-Id")).isNotEqualTo("12345678");
	}

	@Test
	void headersTooLongOrTooManyAreRefused() throws IOException {
		raw("GET /users/ HTTP/1.1\r\nHost: a\r\nA: " + "x".repeat(100_000) + "\r\n\r\n").refused(400, "Bad Request");
		raw("GET /users/ HTTP/1.1\r\nHost: a\r\n" + "x".repeat(100_000) + ": a\r\n\r\n").refused(400, "Bad Request");
		raw("GET /users/ HTTP/1.1\r\nHost: a\r\n" + "A: b\r\n".repeat(1_000) + "\r\n").refused(400, "Bad Request");
		raw("GET /" + "x".repeat(100_000) + " HTTP/1.1\r\nHost: a\r\n\r\n").refused(400, "Bad Request");
		raw("GET /?" + "x".repeat(100_000) + " HTTP/1.1\r\nHost: a\r\n\r\n").refused(400, "Bad Request");
		raw("G".repeat(100_000) + " / HTTP/1.1\r\nHost: a\r\n\r\n").refused(400, "Bad Request");
	}

	@ParameterizedTest
	@ValueSource(strings = { "Content-Length: x", "Content-Length: -1", "Content-Length: ", "Content-Length: 1.0",
			"Content-Length: 0x2", "Content-Length: 2,2", "Content-Length: 99999999999999999999",
			"Content-Length: 2\r\nContent-Length: 3", "Content-Length: 2\r\nContent-Length: 2",
			"Content-Length: 2\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 2",
			"Transfer-Encoding: identity, chunked, chunked", "Transfer-Encoding: nonsense",
			"Transfer-Encoding: chunked, identity", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, gzip",
			"Transfer-Encoding: \u000bchunked", "Transfer-Encoding: xchunked" })
	void aBodyWhoseLengthIsInDoubtIsRefused(String headers) throws IOException {
		for (String path : new String[] { LOGIN, "/users/" }) {
			Answer answer = raw("POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + headers
					+ "\r\n\r\n{}\r\n0\r\n\r\n");
			answer.refused(answer.status());
			assertThat(answer.status()).isIn(400, 501);
			assertThat(answer.header("Connection")).isEqualTo("close");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "x\r\n{}", "-1\r\n{}\r\n0\r\n\r\n", "fffffffff\r\n{}", "2\r\n{}x\r\n0\r\n\r\n",
			"2 \r\n{}\r\nx\r\n\r\n", "\r\n", "2\r\n{}\r\n0x0\r\n\r\n", "2;\u0000\r\n{}\r\ng\r\n" })
	void badChunksAreRefused(String chunks) throws IOException {
		Answer answer = raw("POST " + LOGIN + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
				+ "Transfer-Encoding: chunked\r\n\r\n" + chunks);
		answer.refused(400);
		assertThat(answer.header("Connection")).isEqualTo("close");
	}

	@Test
	void aRequestIdIsTakenOverOnlyIfItIsOne() {
		assertThat(this.nobody.with("X-Request-Id", "0af7651916cd43dd").get("/nowhere/").header("X-Request-Id"))
			.isEqualTo("0af7651916cd43dd");
		for (String id : new String[] { "short", "a b c d e f g h", "x".repeat(65), "12345678<script>", "" }) {
			assertThat(this.nobody.with("X-Request-Id", id).get("/nowhere/").header("X-Request-Id"))
				.matches("[0-9a-f]{16}");
		}
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void whatNobodyExpectedIsToldToTheOperatorAndNotToTheClient(CapturedOutput output) throws Exception {
		try (Service own = Service.start()) {
			RequestMappingHandlerMapping handlers = own.bean(RequestMappingHandlerMapping.class);
			for (Throwable bug : new Throwable[] { new IllegalStateException("secret one"),
					new IOException("secret two of\n2026-01-01 INFO forged\r\u001b[31m"),
					new StackOverflowError("secret three") }) {
				RequestMappingInfo mapping = RequestMappingInfo.paths("/fails/")
					.options(handlers.getBuilderConfiguration())
					.build();
				handlers.registerMapping(mapping, new Failing(bug), Failing.class.getDeclaredMethod("fail"));
				Answer answer = own.client().get("/fails/").refused(500, "Internal Server Error");
				assertThat(answer.body()).doesNotContain("secret");
				assertThat(output.getOut().lines()).anyMatch((line) -> line.contains(" ERROR ")
						&& line.contains("request_id=" + answer.header("X-Request-Id")));
				assertThat(output).contains(bug.getMessage().substring(0, 10));
				handlers.unregisterMapping(mapping);
			}
			assertThat(output.getOut().lines()).noneMatch((line) -> line.startsWith("2026-01-01"));
			assertThat(output).contains("2026-01-01 INFO forged").doesNotContain("\u001b");
		}
	}

	private void onHandlersThatReadABody(BodyPublisher body) {
		Account account = this.service.account();
		this.nobody.with("Content-Type", "application/json").send("POST", LOGIN, body).refused(400, NO_OBJECT);
		this.nobody.with("Content-Type", "application/json").send("POST", "/users/", body).refused(400, NO_OBJECT);
		account.client()
			.with("Content-Type", "application/json")
			.send("PATCH", account.path(), body)
			.refused(400, NO_OBJECT);
	}

	private void refusedAs415(String header, String value, Account account) {
		for (String body : new String[] { "{\"password\": \"Ábc\"}", "{}", "" }) {
			for (Answer answer : new Answer[] { this.nobody.with(header, value).post(LOGIN, body),
					this.nobody.with(header, value).post("/users/", body),
					account.client().with(header, value).patch(account.path(), body) }) {
				assertThat(answer.refused(415, "Unsupported Media Type").header("Accept")).contains("application/json");
			}
		}
	}

	private Answer raw(String request) throws IOException {
		return RawHttp.answer(this.service.address(), request);
	}

	private static String ofLength(int length) {
		String start = "{\"email\": \"nobody\", \"password\": \"1234\", \"other\": \"";
		return start + "x".repeat(length - start.length() - 2) + "\"}";
	}

	private static BodyPublisher chunked(String body) {
		return BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)));
	}

	/** A handler with a bug. */
	record Failing(Throwable bug) {

		@Open
		Object fail() throws Throwable {
			if (this.bug != null) {
				throw this.bug;
			}
			return "";
		}

	}

}
