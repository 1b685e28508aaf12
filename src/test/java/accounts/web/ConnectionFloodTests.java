package accounts.web;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

import accounts.Account;
import accounts.Client;
import accounts.Program;
import accounts.RawHttp;
import accounts.Service;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Ten thousand connections at a time that want nothing, or what they don't get. */
@Tag("soak")
@Tag("sqlite")
@EnabledOnOs(OS.LINUX)
@Timeout(300)
class ConnectionFloodTests {

	private static final int CONNECTIONS = 10_000;

	private static final String HALF = "GET /users/ HTTP/1.1\r\nHost: a\r\nA: ";

	private static final String REFUSED = "POST /users/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 86\r\n\r\n"
			+ "{\"first_name\": \"A\", \"last_name\": \"B\", \"email\": \"many@example.com\", \"password\": \"1234\"}";

	private static final String ASKED = "GET /health/live/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

	private static final int REQUESTS = 200;

	@ParameterizedTest
	@ValueSource(strings = { "", HALF })
	void newClientsAreServedBesideThemInAGibibyteOfHeap(String sent) throws Exception {
		try (Program program = Program.start(Service.folder(), "JDK_JAVA_OPTIONS=-Xmx1g")) {
			URI address = program.address();
			Account account = Account.signUp(new Client(address));
			try (Flood flood = new Flood(address, sent)) {
				flood.run(5);
				assertThat(flood.connected()).isEqualTo(CONNECTIONS);
				long slowest = 0;
				for (int i = 0; i < REQUESTS; i++) {
					long start = System.nanoTime();
					assertThat(RawHttp.send(address, ASKED)).startsWith("HTTP/1.1 200 ");
					account.client().get("/users/me/").is(200);
					slowest = Math.max(slowest, System.nanoTime() - start);
				}
				report("1 GiB of heap", sent, slowest, program);
				assertThat(slowest).isLessThan(TimeUnit.SECONDS.toNanos(3));
				assertThat(program.resident()).isLessThan(700);
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { HALF, REFUSED })
	void whoIsConnectedIsServedBesideThemInAHeapThatHoldsNoMoreAndEverybodyAfterwards(String sent) throws Exception {
		try (Program program = Program.start(Service.folder(), "JDK_JAVA_OPTIONS=-Xmx64m",
				"ACCOUNTS_THROTTLE_SIGN_UPS=1")) {
			URI address = program.address();
			Account account = Account.signUp(new Client(address));
			long slowest = 0;
			try (Flood flood = new Flood(address, sent)) {
				for (int i = 0; i < REQUESTS; i++) {
					flood.run(0);
					long start = System.nanoTime();
					account.client().get("/users/me/").is(200);
					slowest = Math.max(slowest, System.nanoTime() - start);
				}
			}
			report("64 MiB of heap", sent, slowest, program);
			assertThat(slowest).isLessThan(TimeUnit.SECONDS.toNanos(3));
			assertThat(program.resident()).isLessThan(400);
			assertThat(RawHttp.send(address, ASKED)).startsWith("HTTP/1.1 200 ");
			assertThat(program.errors()).noneMatch((line) -> line.contains("OutOfMemoryError"));
		}
	}

	private static void report(String heap, String sent, long slowest, Program program) throws IOException {
		System.out.printf("%d connections, %s, %s: the slowest answer %d ms, %d MiB resident%n", CONNECTIONS,
				sent.isEmpty() ? "nothing sent" : sent.equals(HALF) ? "half of a header" : "a request that is refused",
				heap, TimeUnit.NANOSECONDS.toMillis(slowest), program.resident());
	}

	private static final class Flood implements AutoCloseable {

		private final Queue<SocketChannel> connecting = new ArrayDeque<>();

		private final Queue<SocketChannel> connected = new ArrayDeque<>();

		private final ByteBuffer sent;

		Flood(URI address, String sent) throws IOException {
			this.sent = StandardCharsets.US_ASCII.encode(sent);
			for (int i = 0; i < CONNECTIONS; i++) {
				SocketChannel channel = SocketChannel.open();
				this.connecting.add(channel);
				channel.configureBlocking(false);
				channel.connect(new InetSocketAddress(address.getHost(), address.getPort()));
			}
		}

		int connected() {
			return this.connected.size();
		}

		/** Goes on until all are connected, or for so many seconds. */
		void run(long seconds) throws IOException {
			long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
			do {
				for (int i = this.connecting.size(); i > 0; i--) {
					SocketChannel channel = this.connecting.remove();
					boolean done = channel.finishConnect();
					if (done) {
						channel.write(this.sent.duplicate());
					}
					(done ? this.connected : this.connecting).add(channel);
				}
			}
			while (!this.connecting.isEmpty() && System.nanoTime() < end);
		}

		@Override
		public void close() throws IOException {
			for (Queue<SocketChannel> channels : List.of(this.connecting, this.connected)) {
				for (SocketChannel channel : channels) {
					channel.close();
				}
			}
		}

	}

}
