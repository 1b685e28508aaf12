package accounts.user;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/**
 * The last user of a page, behind whom the next one begins, whether that user is still
 * there or not.
 *
 * @param key what the list is sorted by
 * @param id decides where the keys are the same
 */
record Cursor(String key, long id) {

	private static final int CHECK_BYTES = 8;

	/**
	 * Reads one back.
	 * @param list the list that it must have been made for, which has this order
	 * @throws IllegalArgumentException if it was not, or is not as it was made
	 */
	static Cursor read(String text, String list, UserQuery.Sort sort) {
		try {
			ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
			long id = bytes.position(CHECK_BYTES).getLong();
			Cursor cursor = new Cursor(StandardCharsets.UTF_8.decode(bytes).toString(), id);
			sort.values(cursor);
			// PostgreSQL knows no text with a zero in it
			if (cursor.text(list).equals(text) && cursor.key.indexOf('\0') < 0) {
				return cursor;
			}
		}
		catch (IllegalArgumentException | BufferUnderflowException ex) {
			// No Base64, too short, or no number where there must be one
		}
		throw new IllegalArgumentException("must be that of the link to the next page of this very list");
	}

	/**
	 * The form in which it is given to clients. A client that makes up one of its own
	 * gets no more by it than a list that begins elsewhere, so that its check needs no
	 * secret.
	 */
	String text(String list) {
		byte[] position = ByteBuffer.allocate(Long.BYTES + this.key.getBytes(StandardCharsets.UTF_8).length)
			.putLong(this.id)
			.put(this.key.getBytes(StandardCharsets.UTF_8))
			.array();
		byte[] all = ByteBuffer.allocate(CHECK_BYTES + position.length)
			.put(Arrays.copyOf(digest(list, position), CHECK_BYTES))
			.put(position)
			.array();
		return Base64.getUrlEncoder().withoutPadding().encodeToString(all);
	}

	private static byte[] digest(String list, byte[] position) {
		try {
			MessageDigest digest = MessageDigest.getInstance("SHA-256");
			digest.update(list.getBytes(StandardCharsets.UTF_8));
			digest.update((byte) 0);
			return digest.digest(position);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
