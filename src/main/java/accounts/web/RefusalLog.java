package accounts.web;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

import jakarta.annotation.PreDestroy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Writes refusals to the log. The first of an address is a line; the same ones that
 * follow are counted, and their number is a line every ten seconds: a client that never
 * stops can't fill the disk.
 */
@Component
class RefusalLog {

	private static final Logger log = LoggerFactory.getLogger(RefusalLog.class);

	/** So many addresses have lines of their own at a time; the rest share one. */
	static final int ADDRESSES = 1_000;

	/** So many different refusals of an address are lines; the rest are counted. */
	static final int KINDS = 10;

	private static final String OTHERS = "others";

	/** How many more there were of each kind, by the client's place. */
	private final Map<String, Map<String, Long>> refused = new ConcurrentHashMap<>();

	/** What went wrong in the last ten seconds. */
	private final Set<String> causes = ConcurrentHashMap.newKeySet();

	/** Logs why the service refuses, once in ten seconds whoever meets it. */
	void writeCause(String sentence) {
		if (this.causes.size() < KINDS && this.causes.add(sentence)) {
			log.warn(sentence);
		}
	}

	/** Logs a refusal of the current request, or counts it. */
	void write(String sentence) {
		String client = MDC.get("address");
		String address = OTHERS;
		if (client != null) {
			address = client.contains(":") ? Network.place(client) : client;
		}
		boolean isOther = this.refused.size() >= ADDRESSES && !this.refused.containsKey(address);
		String user = MDC.get("user_id");
		String kind = (user != null) ? sentence + " user_id=" + user : sentence;
		AtomicBoolean isFirst = new AtomicBoolean();
		this.refused.compute(isOther ? OTHERS : address, (key, known) -> {
			Map<String, Long> kinds = (known != null) ? known : new HashMap<>();
			isFirst.set(!isOther && kinds.size() < KINDS && kinds.putIfAbsent(kind, 0L) == null);
			if (!isFirst.get()) {
				kinds.merge(kinds.containsKey(kind) ? kind : OTHERS, 1L, Long::sum);
			}
			return kinds;
		});
		if (isFirst.get()) {
			log.info("Refused: {}", sentence);
		}
	}

	/**
	 * Writes how many there were since the last time, and forgets who was not refused.
	 */
	@Scheduled(fixedDelay = 10_000, initialDelay = 10_000)
	@PreDestroy
	void writeNumbers() {
		this.causes.clear();
		for (String address : Set.copyOf(this.refused.keySet())) {
			Map<String, Long> more = new TreeMap<>();
			this.refused.computeIfPresent(address, (key, kinds) -> {
				kinds.values().removeIf((number) -> number == 0);
				more.putAll(kinds);
				kinds.replaceAll((kind, number) -> 0L);
				return kinds.isEmpty() ? null : kinds;
			});
			if (!more.isEmpty()) {
				MDC.put("address", address);
				log.info("Refused {} more: {}", more.values().stream().mapToLong(Long::longValue).sum(),
						more.entrySet()
							.stream()
							.map((entry) -> entry.getKey() + ": " + entry.getValue())
							.collect(Collectors.joining(", ")));
				MDC.remove("address");
			}
		}
	}

}
