package accounts.auth;

import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;

import javax.crypto.spec.SecretKeySpec;

import org.jspecify.annotations.Nullable;

/** How a token is signed, by its name in RFC 7518 and RFC 8037. */
enum SigningAlgorithm {

	/**
	 * One secret signs and verifies: only this service can tell whether a token holds.
	 */
	HS256 {
		@Override
		SigningKey.Material create() {
			byte[] secret = new byte[32];
			new SecureRandom().nextBytes(secret);
			return new SigningKey.Material(secret(secret), secret(secret));
		}

		@Override
		SigningKey.Material read(byte[] secret, byte @Nullable [] publicKey) {
			return new SigningKey.Material(secret(secret), secret(secret));
		}

		private Key secret(byte[] secret) {
			return new SecretKeySpec(secret, "HmacSHA256");
		}
	},

	/** ECDSA on the curve P-256: anyone can verify with the public key. */
	ES256 {
		@Override
		SigningKey.Material create() throws GeneralSecurityException {
			KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
			generator.initialize(new ECGenParameterSpec("secp256r1"));
			return pair(generator.generateKeyPair());
		}

		@Override
		SigningKey.Material read(byte[] privateKey, byte @Nullable [] publicKey) throws GeneralSecurityException {
			return pair("EC", privateKey, publicKey);
		}
	},

	/** Ed25519: the same, with shorter keys and faster signing. */
	EdDSA {
		@Override
		SigningKey.Material create() throws GeneralSecurityException {
			KeyPairGenerator generator = KeyPairGenerator.getInstance("EdDSA");
			generator.initialize(NamedParameterSpec.ED25519);
			return pair(generator.generateKeyPair());
		}

		@Override
		SigningKey.Material read(byte[] privateKey, byte @Nullable [] publicKey) throws GeneralSecurityException {
			return pair("EdDSA", privateKey, publicKey);
		}
	};

	/** Makes a new key. */
	abstract SigningKey.Material create() throws GeneralSecurityException;

	/**
	 * Reads a key that was kept: its secret or PKCS #8 form, and its X.509 form where it
	 * has one.
	 */
	abstract SigningKey.Material read(byte[] secret, byte @Nullable [] publicKey) throws GeneralSecurityException;

	private static SigningKey.Material pair(KeyPair pair) {
		return new SigningKey.Material(pair.getPrivate(), pair.getPublic());
	}

	private static SigningKey.Material pair(String family, byte[] privateKey, byte @Nullable [] publicKey)
			throws GeneralSecurityException {
		if (publicKey == null) {
			throw new InvalidKeySpecException("no public key");
		}
		KeyFactory factory = KeyFactory.getInstance(family);
		return new SigningKey.Material(factory.generatePrivate(new PKCS8EncodedKeySpec(privateKey)),
				factory.generatePublic(new X509EncodedKeySpec(publicKey)));
	}

}
