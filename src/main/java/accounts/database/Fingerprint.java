package accounts.database;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Tells whether two tables hold the same: SHA-256 over all rows in the order of their
 * keys, each field with its length, so that no two tables read alike.
 */
final class Fingerprint {

	private final MessageDigest digest;

	private final DataOutputStream output;

	private long rows;

	Fingerprint(Table table) {
		try {
			this.digest = MessageDigest.getInstance("SHA-256");
			this.output = new DataOutputStream(new BufferedOutputStream(
					new DigestOutputStream(OutputStream.nullOutputStream(), this.digest), 1 << 14));
			this.output.writeUTF(table.name());
			for (Table.Column column : table.columns()) {
				this.output.writeUTF(column.name());
				this.output.writeUTF(column.kind().name());
			}
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	void add(byte[][] row) {
		try {
			write(row, this.output);
			this.rows++;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Writes a row as PostgreSQL's binary COPY has it: how many fields, then each one's
	 * length, -1 for null, and its bytes.
	 */
	static void write(byte[][] row, DataOutputStream output) throws IOException {
		output.writeShort(row.length);
		for (byte[] field : row) {
			if (field == null) {
				output.writeInt(-1);
			}
			else {
				output.writeInt(field.length);
				output.write(field);
			}
		}
	}

	/**
	 * All that was added.
	 * @param nextId the table's, or zero if it gives none
	 */
	Sum sum(long nextId) {
		try {
			this.output.flush();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return new Sum(this.rows, nextId, HexFormat.of().formatHex(this.digest.digest()));
	}

	/** What a table comes to. */
	record Sum(long rows, long nextId, String sha256) {

	}

}
