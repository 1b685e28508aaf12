package accounts.auth;

import java.util.Optional;
import java.util.concurrent.TimeUnit;

import accounts.Service;
import accounts.auth.AccessTokens.AccessToken;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What a token takes to be read, the first time and when it comes again. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class AccessTokensBench {

	@Param({ "HS256", "ES256", "EdDSA" })
	private String algorithm;

	private Service service;

	private AccessTokens tokens;

	/** Twice as many as are remembered, so that none is when its turn comes. */
	private final String[] issued = new String[4_000];

	private int next;

	@Setup
	public void start() {
		this.service = Service.start("logging.level.root=error", "accounts.token.algorithm=" + this.algorithm);
		this.tokens = this.service.bean(AccessTokens.class);
		var now = this.service.clock().instant();
		for (int i = 0; i < this.issued.length; i++) {
			this.issued[i] = this.tokens.issue(1, RefreshToken.create(i, 0, this.service.bean(KeyRing.class).sealing()),
					new StatusLists.Reference("http://127.0.0.1:5000/auth/status-lists/0/", i), now,
					now.plusSeconds(3_600));
		}
	}

	@Benchmark
	public Optional<?> tokenNew() {
		this.next = (this.next + 1) % this.issued.length;
		return read(this.issued[this.next]);
	}

	@Benchmark
	public Optional<?> tokenRemembered() {
		return read(this.issued[0]);
	}

	private Optional<AccessToken> read(String token) {
		Optional<AccessToken> read = this.tokens.read(token);
		if (read.isEmpty()) {
			throw new IllegalStateException(token);
		}
		return read;
	}

	@TearDown
	public void stop() {
		this.service.close();
	}

}
