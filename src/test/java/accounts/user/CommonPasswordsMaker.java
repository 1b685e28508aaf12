package accounts.user;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * Makes the list of common passwords (src/main/resources/passwords/README.md) of a text
 * with one password a line, the commonest first.
 */
final class CommonPasswordsMaker {

	/** So many of the commonest are on the list, however short. */
	private static final int COMMONEST = 200_000;

	/** Of those that a long minimum lets through all there are. */
	private static final int LONG = 15;

	private CommonPasswordsMaker() {
	}

	public static void main(String[] args) throws IOException {
		List<String> passwords = Files.readAllLines(Path.of(args[0]));
		TreeSet<byte[]> hashes = new TreeSet<>(Arrays::compareUnsigned);
		for (int i = 0; i < passwords.size(); i++) {
			String password = CommonPasswords.fold(passwords.get(i));
			if (i < COMMONEST || password.codePointCount(0, password.length()) >= LONG) {
				hashes.add(Arrays.copyOf(CommonPasswords.hash(password), 2 + CommonPasswords.BYTES));
			}
		}
		byte[] sizes = new byte[CommonPasswords.GROUPS];
		ByteArrayOutputStream rest = new ByteArrayOutputStream();
		for (byte[] hash : hashes) {
			if (++sizes[CommonPasswords.group(hash)] == 0) {
				throw new IllegalStateException("A group has more than 255");
			}
			rest.write(hash, 2, CommonPasswords.BYTES);
		}
		Path list = Path.of(args[1]);
		Files.write(list, sizes);
		Files.write(list, rest.toByteArray(), StandardOpenOption.APPEND);
		System.out.println(hashes.size() + " passwords, " + Files.size(list) + " bytes");
	}

}
