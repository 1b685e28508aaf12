package accounts.web;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;

import accounts.Account;
import accounts.Answer;
import accounts.Client;
import accounts.Service;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Whose word on where a client is counts. */
class ProxyTests {

	@Test
	void nobodysWordCountsUnlessASettingNamesThem() {
		for (String proxies : new String[] { "", "10.0.0.0/8,192.168.0.0/16,::1" }) {
			try (Service service = Service.start("accounts.proxies=" + proxies)) {
				assertThat(addressOf(service.client().with("X-Forwarded-For", "192.0.2.1"))).isEqualTo("127.0.0.1");
				assertThat(addressOf(service.client().with("Forwarded", "for=192.0.2.1"))).isEqualTo("127.0.0.1");
			}
		}
	}

	@Test
	void aProxysWordCountsAndNotWhatTheClientWroteBeforeIt() {
		try (Service service = Service.start("accounts.proxies=127.0.0.1, 10.1.0.0/16 ,2001:db8::/32")) {
			for (String[] header : new String[][] { { "192.0.2.1", "192.0.2.1" },
					{ "198.51.100.9, 192.0.2.1", "192.0.2.1" }, { "192.0.2.1, 10.1.2.3,2001:db8::7", "192.0.2.1" },
					{ "10.1.2.3", "10.1.2.3" }, { "10.2.2.3", "10.2.2.3" }, { "192.0.2.1, unknown", "127.0.0.1" },
					{ "192.0.2.1, example.com, 10.1.2.3", "10.1.2.3" }, { ",,", "127.0.0.1" },
					{ "192.0.2.1, ,", "192.0.2.1" },
					// With a port, as some proxies write it
					{ "203.0.113.1:50001", "203.0.113.1" }, { "[2001:db9::1]:443", "2001:db9::1" },
					{ "[2001:db9::1]", "2001:db9::1" }, { "192.0.2.1:1,10.1.2.3:80,[2001:db8::7]:2", "192.0.2.1" },
					// One spelling for each address
					{ "2001:DB9:0:0::1", "2001:db9::1" }, { "::ffff:192.0.2.1", "192.0.2.1" },
					{ "[::ffff:c000:201]:5", "192.0.2.1" }, { "::FFFF:10.1.2.3", "10.1.2.3" },
					// No address
					{ "203.0.113.1:", "127.0.0.1" }, { "203.0.113.1:x", "127.0.0.1" },
					{ "203.0.113.1:123456", "127.0.0.1" }, { "[2001:db9::1", "127.0.0.1" },
					{ "2001:db9::1]:443", "127.0.0.1" }, { "[192.0.2.1]:1", "127.0.0.1" },
					{ "2001:db9:0:0:0:0:0:1:443", "127.0.0.1" }, { "192.0.2.300", "127.0.0.1" },
					{ "192.0.2.1, _hidden", "127.0.0.1" }, { "localhost", "127.0.0.1" }, { ".:", "127.0.0.1" } }) {
				assertThat(addressOf(service.client().with("X-Forwarded-For", header[0]))).as(header[0])
					.isEqualTo(header[1]);
			}
			assertThat(addressOf(service.client())).isEqualTo("127.0.0.1");
		}
	}

	@Test
	void aProxyMayAsWellWriteForwarded() throws Exception {
		try (Service service = Service.start("accounts.proxies=127.0.0.1,10.1.0.0/16,2001:db8::/32")) {
			for (String[] header : new String[][] { { "for=192.0.2.1", "192.0.2.1" },
					{ "For=\"192.0.2.1:4711\"", "192.0.2.1" }, { "for=\"[2001:DB9::1]:443\"", "2001:db9::1" },
					{ "for=\"[::ffff:192.0.2.1]\"", "192.0.2.1" }, { "for=\"192.0.2.1:_port\"", "192.0.2.1" },
					{ "for=192.0.2.1;proto=http;by=203.0.113.43", "192.0.2.1" },
					{ "by=10.1.0.1 ; FOR = x, proto=https;for=192.0.2.1;", "192.0.2.1" },
					{ "for=198.51.100.9, for=192.0.2.1, for=10.1.2.3;by=\"a,b;for=9.9.9.9\",for=\"[2001:db8::7]\"",
							"192.0.2.1" },
					{ "for=192.0.2.1;ext=\"a \\\", for=9.9.9.9\"", "192.0.2.1" },
					// What the client wrote takes nothing from what the proxy adds
					{ "for=9.9.9.9;x=\", for=\"[2001:db9::1]:443\"", "2001:db9::1" },
					{ "nonsense, \", for=192.0.2.1", "192.0.2.1" }, { "for=9.9.9.9;for=, for=192.0.2.1", "192.0.2.1" },
					// No address
					{ "for=unknown", "127.0.0.1" }, { "for=9.9.9.9, for=_hidden", "127.0.0.1" },
					{ "for=9.9.9.9, for=\"_a:_b\", for=10.1.2.3", "10.1.2.3" }, { "proto=https", "127.0.0.1" },
					{ "for=9.9.9.9, by=10.1.2.3", "127.0.0.1" }, { "for=9.9.9.9;for=9.9.9.9", "127.0.0.1" },
					{ "for=9.9.9.9, for=\"192.0.2.1", "127.0.0.1" }, { "for=9.9.9.9, for=1.2.3.4 x", "127.0.0.1" },
					{ "for=9.9.9.9;x=\"" + "a".repeat(2_000), "127.0.0.1" }, { "for=9.9.9.9, x", "127.0.0.1" },
					{ "9.9.9.9", "127.0.0.1" }, { ",;,", "127.0.0.1" } }) {
				assertThat(addressOf(service.client().with("Forwarded", header[0]))).as(header[0]).isEqualTo(header[1]);
			}
			assertThat(
					addressOf(service.client().with("Forwarded", "for=9.9.9.9").with("X-Forwarded-For", "192.0.2.1")))
				.as("X-Forwarded-For counts where both come")
				.isEqualTo("192.0.2.1");
		}
	}

	@Test
	void clientsBehindAProxyAreCountedApartAndEachAsOne() {
		try (Service service = Service.start("accounts.proxies=127.0.0.1", "accounts.throttle.sign-ups=3")) {
			String[][] clients = { { "203.0.113.1:50001", "203.0.113.1:50002", "::ffff:203.0.113.1", "203.0.113.1" },
					{ "[2001:db9::1]:443", "2001:DB9::1", "2001:db9:0:0::2", "[2001:db9::1]" },
					{ "203.0.113.3:1", "203.0.113.3:2", "203.0.113.3:3", "203.0.113.3:4" },
					{ "203.0.113.4:1", "203.0.113.4:2", "203.0.113.4:3", "203.0.113.4:4" } };
			for (String[] client : clients) {
				for (int i = 0; i < 3; i++) {
					signUp(service.client().with("X-Forwarded-For", client[i])).is(201);
				}
			}
			for (String[] client : clients) {
				signUp(service.client().with("X-Forwarded-For", client[3])).refused(429, "Too many attempts");
			}
			signUp(service.client().with("Forwarded", "for=\"203.0.113.4:5\"")).refused(429, "Too many attempts");
			signUp(service.client().with("Forwarded", "for=\"[2001:db9:0:1::1]\"")).is(201);
		}
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void aClientThatAProxyDoesNotNameIsToldOnce(CapturedOutput output) {
		try (Service service = Service.start("accounts.proxies=127.0.0.1")) {
			service.client().with("X-Forwarded-For", "192.0.2.1:5").get("/health/").is(200);
			assertThat(output).doesNotContain("The proxy");
			for (String node : new String[] { "unknown, " + "x".repeat(1_000), "_hidden", "nonsense" }) {
				service.client().with("X-Forwarded-For", node).get("/health/").is(200);
				service.client().with("Forwarded", "for=" + node).get("/health/").is(200);
			}
			assertThat(output.getOut().lines().filter((line) -> line.contains("The proxy"))).singleElement()
				.asString()
				.contains("WARN  The proxy 127.0.0.1 calls a client \"" + "x".repeat(60) + "…\", which is no address");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "example.com", "10.0.0.5,", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.0.0.5/", "10.0.0",
			"10.0.0.256", "2001:db8::1/129", "10.0.0.5;10.0.0.6", "1", "10.0.0.5/-1" })
	void aProxyThatIsNoAddressIsRefusedAtTheStart(String proxies) {
		Path folder = Service.folder();
		assertThatThrownBy(() -> Service.startIn(folder, "accounts.proxies=" + proxies))
			.hasStackTraceContaining("ACCOUNTS_PROXIES has \"");
		assertThat(Files.exists(Service.file(folder))).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "server.forward-headers-strategy=native", "server.forward-headers-strategy=framework",
			"server.tomcat.remoteip.remote-ip-header=X-Real-IP" })
	void whatWouldBelieveAnyoneNearbyIsRefusedAtTheStart(String setting) {
		assertThatThrownBy(() -> Service.start(setting)).hasStackTraceContaining("set ACCOUNTS_PROXIES");
	}

	@ParameterizedTest
	@CsvSource({ "10.1.0.0/16, 10.1.255.255, true", "10.1.0.0/16, 10.2.0.0, false", "10.1.2.3/16, 10.1.9.9, true",
			"10.0.0.5, 10.0.0.5, true", "10.0.0.5, 10.0.0.6, false", "10.0.0.0/31, 10.0.0.1, true",
			"2001:db8::/33, 2001:db8:7fff::1, true", "2001:db8::/33, 2001:db8:8000::1, false",
			"::ffff:10.0.0.5, 10.0.0.5, true", "0.0.0.0/1, ::1, false" })
	void aNetworkIsTheAddressesThatBeginAlike(String network, String address, boolean inside) throws Exception {
		assertThat(Network.of(network).contains(InetAddress.getByName(address))).isEqualTo(inside);
	}

	private static Answer signUp(Client client) {
		return client.post("/users/", """
				{"first_name": "A", "last_name": "B", "email": "%s", "password": "1234"}"""
			.formatted(Account.newEmail()));
	}

	/** Where the service sees a client that logs in. */
	private static String addressOf(Client client) {
		Account account = Account.signUp(client);
		return account.client().get("/auth/sessions/").is(200).json().get(0).path("ip").asString();
	}

}
