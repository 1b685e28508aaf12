package accounts.user;

import java.util.Optional;
import java.util.concurrent.TimeUnit;

import accounts.Service;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What a user takes to be read from SQLite. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class UserRepositoryBench {

	private Service service;

	private UserRepository users;

	private long id;

	@Setup
	public void start() {
		this.service = Service.start("logging.level.root=error");
		this.users = this.service.bean(UserRepository.class);
		this.id = this.users.add("Luna", "Lovegood", "luna@example.com", "-").id();
	}

	@Benchmark
	public Optional<User> userById() {
		return this.users.byId(this.id);
	}

	@TearDown
	public void stop() {
		this.service.close();
	}

}
