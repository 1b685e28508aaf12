package accounts;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;

import static org.assertj.core.api.Assertions.assertThat;

/** A key and its certificate for 127.0.0.1, as the files that certbot leaves. */
public final class TestCertificate {

	private static final String PASSWORD = "only for the moment";

	private TestCertificate() {
	}

	/** Makes privkey.pem and fullchain.pem in the folder. */
	public static Certificate make(Path folder, String name) throws Exception {
		Path store = folder.resolve(name + ".p12");
		Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
				"-genkeypair", "-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD, "-alias",
				name, "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=" + name, "-ext", "san=ip:127.0.0.1",
				"-validity", "2")
			.redirectErrorStream(true)
			.start();
		String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(keytool.waitFor()).as(said).isZero();
		KeyStore keys = KeyStore.getInstance("PKCS12");
		try (InputStream content = Files.newInputStream(store)) {
			keys.load(content, PASSWORD.toCharArray());
		}
		Certificate certificate = keys.getCertificate(name);
		pem(folder.resolve("privkey.pem"), "PRIVATE KEY", keys.getKey(name, PASSWORD.toCharArray()).getEncoded());
		pem(folder.resolve("fullchain.pem"), "CERTIFICATE", certificate.getEncoded());
		return certificate;
	}

	private static void pem(Path file, String what, byte[] bytes) throws IOException {
		Files.writeString(file, "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(what,
				Base64.getMimeEncoder(64, new byte[] { '\n' }).encodeToString(bytes), what));
		// PostgreSQL takes no key that others can read
		Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
	}

}
