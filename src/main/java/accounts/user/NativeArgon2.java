package accounts.user;

import java.io.File;
import java.io.IOException;

import accounts.web.Busy;
import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import de.mkammerer.argon2.jna.Size_t;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Argon2id by its reference implementation in C, which leaves the heap alone. */
final class NativeArgon2 {

	private static final Logger log = LoggerFactory.getLogger(NativeArgon2.class);

	private static final int OK = 0;

	private static final int MEMORY_ALLOCATION_ERROR = -22;

	/** No thread for a lane. */
	private static final int THREAD_FAIL = -33;

	/**
	 * A tenth of the share of others, so that a login takes longer under load, but not
	 * for ever.
	 */
	private static final int NICENESS = 10;

	private final Function hash;

	private NativeArgon2(Function hash) {
		this.hash = hash;
	}

	/**
	 * Nothing where there is no library for the platform, or none may be run from the
	 * temporary folder.
	 */
	static @Nullable NativeArgon2 load() {
		if (System.getProperty("jna.tmpdir") == null) {
			// JNA's own choice is a folder in the user's home, which would stay
			System.setProperty("jna.tmpdir", System.getProperty("java.io.tmpdir"));
		}
		try {
			NativeArgon2 argon2 = new NativeArgon2(library().getFunction("argon2id_hash_raw"));
			log.debug("Passwords are hashed by the native library");
			return argon2;
		}
		catch (IOException | LinkageError ex) {
			log.info("Passwords are hashed in Java, which takes more time and memory, as the native library can't be "
					+ "loaded: {}", ex.getMessage());
			return null;
		}
	}

	/** The one in argon2-jvm's jar: the system's, which JNA prefers, may be any. */
	private static NativeLibrary library() throws IOException {
		File unpacked = Native.extractFromResourcePath("argon2", NativeArgon2.class.getClassLoader());
		try {
			return NativeLibrary.getInstance(unpacked.getPath());
		}
		finally {
			// Even a process that is killed leaves no file then; Windows lets it go at
			// the process's end only, when JNA deletes it
			unpacked.delete();
		}
	}

	/**
	 * Has the calling thread take the processor after those that answer requests: on
	 * Linux, where a thread has a niceness of its own (setpriority(2)).
	 */
	void giveWay() {
		if (Platform.isLinux()) {
			int process = 0;
			int self = 0;
			NativeLibrary.getProcess().getFunction("setpriority").invokeInt(new Object[] { process, self, NICENESS });
		}
	}

	byte[] hash(byte[] password, byte[] salt, PasswordSettings.Argon2 cost, int length) {
		byte[] hash = new byte[length];
		int result = this.hash.invokeInt(new Object[] { cost.iterations(), cost.memory(), cost.parallelism(), password,
				new Size_t(password.length), salt, new Size_t(salt.length), hash, new Size_t(length) });
		return switch (result) {
			case OK -> hash;
			case MEMORY_ALLOCATION_ERROR, THREAD_FAIL -> {
				log.warn("Too little memory to hash a password");
				throw new Busy();
			}
			default -> throw new IllegalStateException("Argon2's error " + result);
		};
	}

}
