package accounts.web;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

import accounts.Account;
import accounts.Answer;
import accounts.RawHttp;
import accounts.Service;
import accounts.database.Database;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.security.crypto.password.PasswordEncoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Clients that are slow on purpose, or that go before they are answered. */
@Timeout(120)
class SlowClientTests {

	private static final String HEADER = "POST /auth/get-token/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";

	@Test
	void aBodyThatComesByTheByteIsRefusedInTimeAndItsConnectionClosed() throws Exception {
		try (Service service = Service.start("accounts.load.body-time=1s")) {
			for (String start : List.of("Content-Length: 60000\r\n\r\n{",
					"Transfer-Encoding: chunked\r\n\r\nea60\r\n{")) {
				try (Socket socket = connect(service.address())) {
					Answer answer = dripUntilAnswered(socket, HEADER + start);
					answer.refused(408, "The body did not come in time");
					assertThat(answer.header("Connection")).isEqualTo("close");
				}
			}
			try (Socket socket = connect(service.address())) {
				dripUntilAnswered(socket, "POST /nowhere/ HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n{")
					.refused(408, "The body did not come in time");
			}
		}
	}

	@Test
	void aLargeBodyThatNobodyWantsIsNotWaitedForEither() throws Exception {
		try (Service service = Service.start("accounts.load.body-time=1s");
				Socket socket = connect(service.address())) {
			dripUntilAnswered(socket, HEADER + "Content-Length: 900000\r\n\r\n{").refused(413,
					"The body is larger than 64 KiB");
		}
	}

	@Test
	void fourHundredSlowBodiesKeepNobodyWaiting() throws Exception {
		try (Service service = Service.start()) {
			Account account = service.account();
			List<Socket> slow = new ArrayList<>();
			try {
				for (int i = 0; i < 400; i++) {
					Socket socket = connect(service.address());
					send(socket, HEADER + "Content-Length: 50\r\n\r\n{");
					slow.add(socket);
				}
				for (int i = 0; i < 20; i++) {
					account.client().get("/users/me/").is(200);
					account.client().patch(account.path(), "{\"first_name\": \"L\"}").is(200);
				}
			}
			finally {
				for (Socket socket : slow) {
					socket.close();
				}
			}
		}
	}

	@Test
	void aHeaderThatNeverEndsHoldsNoThread() throws Exception {
		try (Service service = Service.start("server.tomcat.threads.max=4")) {
			Account account = service.account();
			List<Socket> slow = new ArrayList<>();
			try {
				for (int i = 0; i < 200; i++) {
					Socket socket = connect(service.address());
					send(socket, "GET /users/ HTTP/1.1\r\nHost: a\r\nA: ");
					slow.add(socket);
				}
				account.client().get("/users/me/").is(200);
			}
			finally {
				for (Socket socket : slow) {
					socket.close();
				}
			}
		}
	}

	@Test
	void anIdleConnectionIsClosed() throws Exception {
		try (Service service = Service.start("server.tomcat.connection-timeout=1s",
				"server.tomcat.keep-alive-timeout=1s"); Socket silent = connect(service.address())) {
			assertThat(silent.getInputStream().read()).isEqualTo(-1);
			String answer = RawHttp.send(service.address(), "GET /health/live/ HTTP/1.1\r\nHost: a\r\n\r\n");
			assertThat(answer).startsWith("HTTP/1.1 200 ");
		}
	}

	@Test
	void whoReadsALongAnswerTooSlowlyIsCutOffInTheMiddle() throws Exception {
		try (Service service = Service.start("accounts.load.rate=2000000000", "accounts.load.read-time=0ms")) {
			Account account = service.account();
			service.bean(Database.class)
				.writes()
				.sql("""
						with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000)
						insert into "user" (first_name, last_name, email, password, created_on)
						select ?, ?, 'list' || i || '@example.com', '-', 0 from n""")
				.params("🦉".repeat(200), "é".repeat(200))
				.update();
			try (Socket socket = connect(service.address())) {
				send(socket, "GET /users/ HTTP/1.1\r\nHost: a\r\nAuthorization: " + account.token() + "\r\n\r\n");
				ByteArrayOutputStream answer = new ByteArrayOutputStream();
				assertThatThrownBy(() -> readSlowly(socket, answer)).isInstanceOf(AssertionError.class)
					.hasMessage("closed");
				assertThat(answer.toString(StandardCharsets.ISO_8859_1)).startsWith("HTTP/1.1 200 ")
					.doesNotEndWith("0\r\n\r\n");
			}
			account.client().get("/users/me/").is(200);
		}
	}

	@Test
	void requestsSentAheadAreAnsweredInOrder() throws Exception {
		try (Service service = Service.start()) {
			Account account = service.account();
			String authorization = "Host: a\r\nAuthorization: " + account.token() + "\r\n";
			String body = "{\"email\": \"%s\", \"password\": \"%s\"}".formatted(account.email(), "wrong");
			String login = HEADER + "Content-Length: " + body.length() + "\r\n\r\n" + body;
			String answers = RawHttp.send(service.address(),
					"GET /users/me/ HTTP/1.1\r\n" + authorization + "\r\n" + login + login
							+ "GET /nowhere/ HTTP/1.1\r\n" + authorization + "\r\n"
							+ "GET /health/live/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
			assertThat(answers.split("(?=HTTP/1\\.1 )")).extracting((answer) -> answer.substring(9, 12))
				.containsExactly("200", "401", "401", "404", "200");
		}
	}

	@Test
	void forAClientThatHasGoneNothingIsHashed() throws Exception {
		try (Service service = Service.start("accounts.password.hashing.at-once=1",
				"accounts.password.hashing.patience=1m")) {
			CountDownLatch end = new CountDownLatch(1);
			Thread longHash = new Thread(() -> service.bean(PasswordEncoder.class).encode(new Awaited(end)));
			longHash.start();
			for (int i = 0; i < 20; i++) {
				try (Socket socket = connect(service.address())) {
					signUp(socket);
				}
			}
			try (Socket stays = connect(service.address())) {
				signUp(stays);
				end.countDown();
				assertThat(stays.getInputStream().read()).isEqualTo('H');
			}
			longHash.join();
			service.account();
			assertThat(service.bean(Database.class)
				.reads()
				.sql("select count(*) from \"user\"")
				.query(Integer.class)
				.single()).isEqualTo(2);
		}
	}

	/** A password that takes its time. */
	private record Awaited(CountDownLatch latch) implements CharSequence {

		@Override
		public int length() {
			return 1;
		}

		@Override
		public char charAt(int index) {
			return 'x';
		}

		@Override
		public CharSequence subSequence(int start, int end) {
			return this;
		}

		@Override
		public String toString() {
			try {
				this.latch.await();
				return "x";
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

	private static void signUp(Socket socket) throws IOException {
		String body = "{\"first_name\": \"A\", \"last_name\": \"B\", \"email\": \"%s\", \"password\": \"1234\"}"
			.formatted(Account.newEmail());
		send(socket, "POST /users/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
				+ body.length() + "\r\n\r\n" + body);
	}

	private static Answer dripUntilAnswered(Socket socket, String start) throws IOException {
		send(socket, start);
		socket.setSoTimeout(50);
		ByteArrayOutputStream answer = new ByteArrayOutputStream();
		while (true) {
			try {
				int next = socket.getInputStream().read();
				if (next < 0) {
					return RawHttp.parse(answer.toByteArray());
				}
				answer.write(next);
			}
			catch (SocketTimeoutException ex) {
				if (answer.size() == 0) {
					send(socket, " ");
				}
			}
		}
	}

	/** A little at a time, until the server closes. */
	private static void readSlowly(Socket socket, ByteArrayOutputStream answer) throws IOException {
		byte[] piece = new byte[64 * 1024];
		while (true) {
			int count = socket.getInputStream().read(piece);
			if (count < 0) {
				throw new AssertionError("closed");
			}
			answer.write(piece, 0, count);
		}
	}

	private static Socket connect(URI address) throws IOException {
		Socket socket = new Socket();
		socket.setSoTimeout(30_000);
		socket.setReceiveBufferSize(4096);
		socket.connect(new InetSocketAddress(address.getHost(), address.getPort()));
		return socket;
	}

	private static void send(Socket socket, String text) throws IOException {
		socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
	}

}
