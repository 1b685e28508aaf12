package accounts;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import accounts.database.Database;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * PgBouncer in transaction mode between the service and the server: each transaction may
 * get another connection.
 */
@Tag("postgresql")
class PgBouncerTests {

	private static final Path PROGRAM = Path.of("/usr/sbin/pgbouncer");

	private static Process bouncer;

	private static String url;

	@BeforeAll
	static void start() throws Exception {
		Assumptions.assumeTrue(Files.isExecutable(PROGRAM), "Debian's package pgbouncer is not installed");
		Matcher server = Pattern.compile("//([^:]+):(\\d+)/(\\w+)").matcher(Postgres.url(Service.folder()));
		assertThat(server.find()).isTrue();
		int port;
		try (ServerSocket free = new ServerSocket(0)) {
			port = free.getLocalPort();
		}
		// Not in the build's folder, which its user may not be allowed to see
		Path settings = Files.createTempFile(Path.of("/tmp"), "pgbouncer", ".ini",
				PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));
		settings.toFile().deleteOnExit();
		Files.writeString(settings, """
				[databases]
				%s = user=postgres host=%s port=%s
				[pgbouncer]
				listen_addr = 127.0.0.1
				listen_port = %d
				unix_socket_dir =
				auth_type = any
				pool_mode = transaction
				default_pool_size = 3
				max_client_conn = 100
				""".formatted(server.group(3), server.group(1), server.group(2), port));
		List<String> command = new ArrayList<>(List.of(PROGRAM.toString(), settings.toString()));
		if ("root".equals(System.getProperty("user.name"))) {
			command.addAll(1, List.of("--user", "nobody"));
		}
		bouncer = new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		url = "jdbc:postgresql://127.0.0.1:" + port + "/" + server.group(3) + "?user=postgres";
		long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
		while (!listens(port)) {
			assertThat(bouncer.isAlive() && System.nanoTime() < end).isTrue();
		}
	}

	@AfterAll
	static void stop() {
		if (bouncer != null) {
			bouncer.destroyForcibly().onExit().join();
		}
	}

	@Test
	void nothingFailsHoweverManyShareItsFewConnections() throws Exception {
		try (Service a = Service.start("spring.datasource.url=" + url);
				Service b = Service.start("spring.datasource.url=" + url)) {
			assertThat(a.bean(Database.class).description()).endsWith(" (through a pooler)");
			ExecutorService threads = Executors.newFixedThreadPool(16);
			List<Future<?>> clients = new ArrayList<>();
			for (int i = 0; i < 16; i++) {
				clients.add(threads.submit(() -> {
					for (int round = 0; round < 15; round++) {
						Account account = a.account();
						Client other = b.client().as(account.token());
						for (int j = 0; j < 5; j++) {
							other.get(account.path()).is(200);
						}
						other.patch(account.path(), "{\"last_name\": \"L\", \"password\": \"1\"}").is(200);
						Account.login(b.client(), account.email(), "1").is(200);
						other.delete(account.path()).is(204);
					}
				}));
			}
			for (Future<?> client : clients) {
				client.get();
			}
			threads.shutdown();
		}
	}

	private static boolean listens(int port) {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
			return socket.isConnected();
		}
		catch (IOException ex) {
			return false;
		}
	}

}
