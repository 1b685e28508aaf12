package accounts.web;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;

import accounts.Account;
import accounts.Client;
import accounts.Service;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
					{ "192.0.2.1, example.com, 10.1.2.3", "10.1.2.3" }, { "1.2.3.4:99", "127.0.0.1" },
					{ ",,", "127.0.0.1" }, { "2001:DB9::1", "2001:DB9::1" } }) {
				assertThat(addressOf(service.client().with("X-Forwarded-For", header[0]))).as(header[0])
					.isEqualTo(header[1]);
			}
			assertThat(addressOf(service.client())).isEqualTo("127.0.0.1");
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

	/** Where the service sees a client that logs in. */
	private static String addressOf(Client client) {
		Account account = Account.signUp(client);
		return account.client().get("/auth/sessions/").is(200).json().get(0).path("ip").asString();
	}

}
