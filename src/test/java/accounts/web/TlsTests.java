package accounts.web;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;

import accounts.Program;
import accounts.Service;
import accounts.TestCertificate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** TLS as src/docs/security.md says it is set up. */
@Tag("sqlite")
class TlsTests {

	private final Path folder = Service.folder();

	@Test
	void withACertificateInTheEnvironmentItSpeaksTlsAlone() throws Exception {
		Certificate certificate = TestCertificate.make(this.folder, "one");
		try (Program program = start()) {
			URI address = program.address();
			assertThat(address.getScheme()).isEqualTo("https");
			HttpResponse<String> answer = get(address, "/health/", certificate);
			assertThat(answer.statusCode()).isEqualTo(200);
			assertThat(answer.body()).isEqualTo("{\"status\":\"UP\"}");
			assertThat(answer.headers().allValues("Strict-Transport-Security")).containsExactly("max-age=31536000");
			assertThat(get(address, "/nowhere/", certificate).headers().allValues("Strict-Transport-Security"))
				.containsExactly("max-age=31536000");
			assertThat(answer.sslSession().orElseThrow().getProtocol()).isEqualTo("TLSv1.3");

			// In the clear nothing is to be had
			assertThat(exchange(address, "GET /health/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
				.getBytes(StandardCharsets.US_ASCII))).doesNotContain("UP");

			// TLS 1.2 is spoken, nothing older: a ServerHello is 22, an alert 21
			assertThat(exchange(address, clientHello(0x0303))).startsWith("\u0016");
			assertThat(exchange(address, clientHello(0x0302))).startsWith("\u0015");
			assertThat(exchange(address, clientHello(0x0301))).startsWith("\u0015");
		}
	}

	@Test
	void aNewCertificateIsUsedWithoutANewStart() throws Exception {
		Certificate first = TestCertificate.make(this.folder, "one");
		try (Program program = start("SPRING_SSL_BUNDLE_PEM_ACCOUNTS_RELOADONUPDATE=true",
				"SPRING_SSL_BUNDLE_WATCH_FILE_QUIETPERIOD=100ms")) {
			URI address = program.address();
			assertThat(get(address, "/health/", first).statusCode()).isEqualTo(200);
			Certificate second = TestCertificate.make(this.folder, "two");
			long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
			while (!trusts(address, second) && System.nanoTime() < end) {
				Thread.onSpinWait();
			}
			assertThat(get(address, "/health/", second).statusCode()).isEqualTo(200);
			assertThatThrownBy(() -> get(address, "/health/", first)).isInstanceOf(SSLException.class);
		}
	}

	private Program start(String... more) throws IOException {
		String[] variables = new String[3 + more.length];
		variables[0] = "SERVER_SSL_BUNDLE=accounts";
		variables[1] = "SPRING_SSL_BUNDLE_PEM_ACCOUNTS_KEYSTORE_CERTIFICATE=" + this.folder.resolve("fullchain.pem");
		variables[2] = "SPRING_SSL_BUNDLE_PEM_ACCOUNTS_KEYSTORE_PRIVATEKEY=" + this.folder.resolve("privkey.pem");
		System.arraycopy(more, 0, variables, 3, more.length);
		return Program.start(this.folder, variables);
	}

	private static boolean trusts(URI address, Certificate certificate) throws Exception {
		try {
			return get(address, "/health/", certificate).sslSession()
				.orElseThrow()
				.getPeerCertificates()[0] instanceof X509Certificate;
		}
		catch (SSLException ex) {
			return false;
		}
	}

	private static HttpResponse<String> get(URI address, String path, Certificate trusted) throws Exception {
		KeyStore trust = KeyStore.getInstance(KeyStore.getDefaultType());
		trust.load(null, null);
		trust.setCertificateEntry("trusted", trusted);
		TrustManagerFactory trusts = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		trusts.init(trust);
		SSLContext tls = SSLContext.getInstance("TLS");
		tls.init(null, trusts.getTrustManagers(), null);
		return HttpClient.newBuilder()
			.sslContext(tls)
			.version(HttpClient.Version.HTTP_1_1)
			.build()
			.send(HttpRequest.newBuilder(address.resolve(path)).build(), BodyHandlers.ofString());
	}

	/**
	 * What a client of that version begins with (RFC 5246, 7.4.1.2): suites for a
	 * certificate with an elliptic curve, one of them as old as TLS 1.0.
	 */
	private static byte[] clientHello(int version) {
		String extensions = "000a00040002001700" + "0b00020100" + "000d00040002" + "0403";
		String body = "%04x".formatted(version) + "42".repeat(32) + "00" + "0004" + "c02b" + "c009" + "0100"
				+ "%04x".formatted(extensions.length() / 2) + extensions;
		String handshake = "01" + "%06x".formatted(body.length() / 2) + body;
		return HexFormat.of().parseHex("160301" + "%04x".formatted(handshake.length() / 2) + handshake);
	}

	/** The first bytes that come back, if any. */
	private static String exchange(URI address, byte[] bytes) throws IOException {
		try (Socket socket = new Socket(address.getHost(), address.getPort())) {
			socket.setSoTimeout(30_000);
			socket.getOutputStream().write(bytes);
			return new String(socket.getInputStream().readNBytes(7), StandardCharsets.ISO_8859_1);
		}
	}

}
