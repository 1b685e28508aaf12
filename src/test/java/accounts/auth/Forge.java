package accounts.auth;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.Base64;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Makes tokens that no library would make, with nothing but the JDK. */
final class Forge {

	private static final JsonMapper JSON = new JsonMapper();

	private Forge() {
	}

	/** A token of these parts whose signature is right. */
	static String token(String header, String claims, SigningKey key) {
		return token(header, claims, key.algorithm(), key.material().signing());
	}

	static String token(String header, String claims, SigningAlgorithm algorithm, Key key) {
		return signed(base64(header) + "." + base64(claims), algorithm, key);
	}

	/** The same where the parts are base64url already, or should be. */
	static String signed(String content, SigningAlgorithm algorithm, Key key) {
		return content + "." + base64(switch (algorithm) {
			case HS256 -> hmac("HmacSHA256", key.getEncoded(), content);
			case ES256 -> sign("SHA256withECDSAinP1363Format", key, content);
			case EdDSA -> sign("EdDSA", key, content);
		});
	}

	static byte[] sign(String algorithm, Key key, String content) {
		try {
			Signature signature = Signature.getInstance(algorithm);
			signature.initSign((PrivateKey) key);
			signature.update(content.getBytes(StandardCharsets.US_ASCII));
			return signature.sign();
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	static byte[] hmac(String algorithm, byte[] secret, String content) {
		try {
			Mac mac = Mac.getInstance(algorithm);
			mac.init(new SecretKeySpec(secret, algorithm));
			return mac.doFinal(content.getBytes(StandardCharsets.US_ASCII));
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	static String base64(String text) {
		return base64(text.getBytes(StandardCharsets.UTF_8));
	}

	static String base64(byte[] bytes) {
		return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
	}

	static ObjectNode header(String token) {
		return part(token, 0);
	}

	static ObjectNode claims(String token) {
		return part(token, 1);
	}

	private static ObjectNode part(String token, int index) {
		return (ObjectNode) JSON.readTree(Base64.getUrlDecoder().decode(token.split("\\.", -1)[index]));
	}

}
