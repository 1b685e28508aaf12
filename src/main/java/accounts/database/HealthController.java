package accounts.database;

import java.util.Map;

import accounts.web.Open;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Tells a load balancer whether to send requests here, and a supervisor whether to start
 * anew.
 */
@RestController
class HealthController {

	private static final Map<String, String> UP = Map.of("status", "UP");

	private final Database db;

	HealthController(Database db) {
		this.db = db;
	}

	/** Ready: the database can be read and written. */
	@Open
	@GetMapping({ "/health/", "/health/ready/" })
	Map<String, String> ready() {
		this.db.probe();
		return UP;
	}

	/** Alive: the process answers. */
	@Open
	@GetMapping("/health/live/")
	Map<String, String> live() {
		return UP;
	}

}
