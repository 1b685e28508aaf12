package accounts.database;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

import accounts.Service;

import static org.assertj.core.api.Assumptions.assumeThat;

/** A disk of one megabyte, which a test can fill; it takes the right to mount one. */
final class SmallDisk implements AutoCloseable {

	private final Path folder;

	private SmallDisk(Path folder) {
		this.folder = folder;
	}

	static SmallDisk mount() {
		Path folder = Service.folder();
		assumeThat(run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.toString()))
			.as("a small disk can't be mounted here")
			.isZero();
		return new SmallDisk(folder);
	}

	Path folder() {
		return this.folder;
	}

	/** Leaves no room. */
	void fill() throws IOException {
		byte[] page = new byte[4096];
		try (OutputStream filler = Files.newOutputStream(filler())) {
			while (true) {
				filler.write(page);
			}
		}
		catch (IOException ex) {
			// It is full
		}
	}

	void makeRoom() throws IOException {
		Files.delete(filler());
	}

	private Path filler() {
		return this.folder.resolve("filler");
	}

	@Override
	public void close() {
		run("umount", this.folder.toString());
	}

	private static int run(String... command) {
		try {
			Process process = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.DISCARD)
				.start();
			return process.onExit().join().exitValue();
		}
		catch (IOException ex) {
			return -1;
		}
	}

}
