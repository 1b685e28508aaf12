package accounts.database;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Tells whoever waits for many rows how far it is: a bar on a terminal, otherwise a line
 * for each table and now and then one between.
 */
final class Progress implements AutoCloseable {

	private static final long LINE_NANOS = TimeUnit.SECONDS.toNanos(10);

	private static final int LOOKS_AT_CLOCK = 1_000;

	private final PrintWriter lines;

	private final String task;

	private final long total;

	private final @Nullable ProgressBar bar;

	private final long began = System.nanoTime();

	private long told = this.began;

	private long done;

	/**
	 * Begins.
	 * @param task what is done with the rows: "Copied"
	 */
	Progress(PrintWriter lines, String task, long total) {
		this.lines = lines;
		this.task = task;
		this.total = total;
		this.bar = isTerminal() ? new ProgressBarBuilder().setTaskName(task)
			.setInitialMax(total)
			.setStyle(ProgressBarStyle.ASCII)
			.showSpeed(new DecimalFormat("#,##0", DecimalFormatSymbols.getInstance(Locale.ROOT)))
			.setUpdateIntervalMillis(200)
			.setConsumer(new ConsoleProgressBarConsumer(System.err))
			.build() : null;
	}

	/** One row more. */
	void step() {
		this.done++;
		if (this.done % LOOKS_AT_CLOCK != 0) {
			return;
		}
		if (this.bar != null) {
			this.bar.stepTo(this.done);
		}
		else if (System.nanoTime() - this.told > LINE_NANOS) {
			this.told = System.nanoTime();
			double perSecond = this.done * 1e9 / (this.told - this.began);
			print("%s %,d of %,d rows, %,.0f a second, %,.0f seconds to go", this.task, this.done, this.total,
					perSecond, (this.total - this.done) / perSecond);
		}
	}

	/** A table is done. */
	void table(Table table, long rows) {
		if (this.bar == null) {
			print("%s %s: %,d rows", this.task, table.name(), rows);
		}
	}

	private void print(String line, Object... values) {
		this.lines.println(String.format(Locale.ROOT, line, values));
		this.lines.flush();
	}

	/** Whether somebody looks at stderr. */
	@SuppressWarnings("SystemConsoleNull") // with this property it does
	private static boolean isTerminal() {
		Path stderr = Path.of("/proc/self/fd/2");
		try {
			if (Files.isSymbolicLink(stderr)) {
				return Files.readSymbolicLink(stderr).toString().matches("/dev/(pts/|tty|console).*");
			}
		}
		catch (IOException ex) {
			return false;
		}
		// Otherwise JDK 22 and newer have a console without a terminal too
		System.setProperty("jdk.console", "java.base");
		return System.console() != null;
	}

	@Override
	public void close() {
		if (this.bar != null) {
			this.bar.stepTo(this.done);
			this.bar.close();
		}
	}

}
