package accounts.auth;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Supplier;

import javax.crypto.Mac;

import accounts.auth.AttemptRepository.Standing;
import accounts.auth.Limit.Count;
import accounts.auth.Limit.Rate;
import accounts.user.PasswordChanged;
import accounts.user.PasswordProved;
import accounts.user.ProvingPassword;
import accounts.user.SigningUp;
import accounts.user.User;
import accounts.web.ApiException;
import accounts.web.ErrorSettings;
import accounts.web.Network;
import org.jspecify.annotations.Nullable;

import org.springframework.context.event.EventListener;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Limits failed logins, and never locks an owner out for a stranger's tries (ASVS 6.1.1,
 * 6.3.1; NIST SP 800-63B-4, 3.2.2). What is counted, and what follows from it, is in
 * src/docs/security.md.
 */
@Component
class Throttle {

	/** For this long a place is known after a login, which is noted to the day. */
	private static final Duration KNOWN = Duration.ofDays(31);

	private static final Duration NOTED = Duration.ofDays(1);

	private static final int CLEARED_AT_ONCE = 500;

	private final ThrottleSettings settings;

	private final AttemptRepository attempts;

	private final KeyRing keys;

	private final Clock clock;

	private final Turns turns = new Turns();

	/**
	 * Of attempts that are refused whatever comes of them: one at a time from an address,
	 * so that a flood of them keeps no other address from being hashed.
	 */
	private final Turns quietTurns = new Turns();

	/** Whether nobody may learn from the limits who has an account. */
	private final boolean hidesAccounts;

	private final Limit unknownPlace;

	private final Limit knownPlace;

	private final Limit strangers;

	private final Rate logins;

	private final Rate signUps;

	private final Rate refreshes;

	Throttle(ThrottleSettings settings, ErrorSettings errors, AttemptRepository attempts, KeyRing keys, Clock clock) {
		this.settings = settings;
		this.hidesAccounts = errors.hideUnknownEmail();
		this.attempts = attempts;
		this.keys = keys;
		this.clock = clock;
		this.unknownPlace = settings.ofUnknownPlace();
		this.knownPlace = settings.ofKnownPlace();
		this.strangers = settings.ofStrangers();
		this.logins = Rate.hourly(settings.logins());
		this.signUps = Rate.hourly(settings.signUps());
		this.refreshes = Rate.hourly(settings.refreshes());
	}

	/**
	 * Admits an attempt to log in, before the password is looked at.
	 * @param user whose email it is, if anybody's: the same is counted either way
	 * @param session the session of that user from which the request comes, if it does
	 * @throws TooManyAttempts if it must wait
	 */
	Attempt attempt(String email, @Nullable User user, String address, @Nullable Long session) {
		if (!this.settings.enabled()) {
			return new Attempt(null, null, false, null, true);
		}
		Login login = login(email, user, address, session);
		try {
			return attempt(login);
		}
		catch (TooManyAttempts ex) {
			// Who has the account's token knows that it exists
			if (this.hidesAccounts && !login.session) {
				return quietly(login, ex);
			}
			throw ex;
		}
	}

	private Attempt attempt(Login login) {
		long ended = this.turns.ended();
		Admission admission = admit(login);
		if (admission.isClean) {
			Turns.Turn turn = this.turns.take(admission.shared());
			try {
				// What was read holds unless somebody was just before us
				admission = (this.turns.ended() == ended) ? admission : admit(login);
			}
			catch (RuntimeException ex) {
				turn.close();
				throw ex;
			}
			if (admission.isClean) {
				return new Attempt(admission, turn, false, null, true);
			}
			turn.close();
		}
		// Others may be trying at the same time: counted as a failure before it is made
		count(admission.counters, true);
		return new Attempt(admission, null, true, null, true);
	}

	/**
	 * Looks at the password of an attempt that must wait if it comes from where the
	 * account is known, so that no stranger locks the owner out there. The answer to a
	 * wrong one, and the steps and the time that it takes, are those for an account that
	 * is not known there or does not exist (ASVS 6.3.8).
	 * @param refusal the answer unless the password is right
	 */
	private Attempt quietly(Login login, TooManyAttempts refusal) {
		Turns.Turn turn = this.quietTurns.take(login.address);
		try {
			long knownOn = standing(login).knownOn();
			boolean known = isKnown(knownOn);
			Counter counter = new Counter(hash("quiet", known ? login.own : login.address), this.knownPlace);
			AtomicBoolean mayPass = new AtomicBoolean();
			change(List.of(counter), (counts, now) -> {
				Count count = counts.getOrDefault(counter.hash, Count.NONE);
				mayPass.set(known && counter.limit.wait(count, now) == 0);
				return Map.of(counter.hash, (known && !mayPass.get()) ? count : counter.limit.next(count, now));
			});
			return new Attempt(new Admission(login, List.of(counter), false, isNoted(knownOn)), turn, mayPass.get(),
					refusal, mayPass.get());
		}
		catch (RuntimeException ex) {
			turn.close();
			throw ex;
		}
	}

	private Login login(String email, @Nullable User user, String address, @Nullable Long session) {
		String place = Network.place(address);
		String own = (session != null) ? hash("session", email, session.toString()) : hash("place", email, place);
		return new Login((user != null) ? user.id() : 0, hash("known", place), own, hash("account", email),
				hash("address", place), session != null);
	}

	private Admission admit(Login login) {
		Standing standing = standing(login);
		long now = now();
		List<Counter> counters = new ArrayList<>();
		if (login.session || (!this.hidesAccounts && isKnown(standing.knownOn()))) {
			counters.add(new Counter(login.own, this.knownPlace));
		}
		else {
			counters.add(new Counter(login.own, this.unknownPlace));
			counters.add(new Counter(login.account, this.strangers));
			counters.add(new Counter(login.address, this.logins));
		}
		requireNoWait(counters, standing.counts(), now);
		boolean isClean = counters.stream().allMatch((counter) -> {
			long failures = counter.limit.failures(standing.count(counter.hash), now);
			// Others of the same address may have failed, as long as there is room
			return failures == 0 || (counter.limit == this.logins && failures < this.logins.most() / 2);
		});
		return new Admission(login, counters, isClean, isNoted(standing.knownOn()));
	}

	private Standing standing(Login login) {
		return this.attempts.standing(login.own, login.account, login.address, login.userId, login.place);
	}

	private boolean isKnown(long knownOn) {
		long now = now();
		return knownOn > now - KNOWN.toSeconds() && knownOn <= now + NOTED.toSeconds();
	}

	/** Whether it is on record, as of today, that the account is known at a place. */
	private boolean isNoted(long knownOn) {
		return isKnown(knownOn) && knownOn > now() - NOTED.toSeconds();
	}

	/**
	 * Counts a failure.
	 * @param refuse whether to refuse it instead if it has to wait
	 */
	private void count(List<Counter> counters, boolean refuse) {
		change(counters, (counts, now) -> {
			if (refuse) {
				requireNoWait(counters, counts, now);
			}
			Map<String, Count> next = new HashMap<>();
			counters.forEach((counter) -> next.put(counter.hash,
					counter.limit.next(counts.getOrDefault(counter.hash, Count.NONE), now)));
			return next;
		});
	}

	private void count(Counter counter) {
		// Read first, as who must wait is not to keep others from writing
		requireNoWait(List.of(counter), this.attempts.count(counter.hash), now());
		count(List.of(counter), true);
	}

	/** Takes an attempt back that was counted but never made. */
	private void takeBack(List<Counter> counters) {
		change(counters, (counts, now) -> {
			counts.replaceAll((hash, count) -> count.less(1));
			return counts;
		});
	}

	/**
	 * Forgets what has failed from one place before a right password came from there, but
	 * nothing else that its address may have tried (NIST SP 800-63B-4, 3.2.2).
	 */
	private void forgive(List<Counter> counters) {
		Counter own = counters.get(0);
		change(counters, (counts, now) -> {
			long failures = counts.getOrDefault(own.hash, Count.NONE).failures();
			counters.forEach((counter) -> counts.computeIfPresent(counter.hash,
					(hash, count) -> count.less((counter.limit == this.logins) ? 1 : failures)));
			return counts;
		});
	}

	private void change(List<Counter> counters, BiFunction<Map<String, Count>, Long, Map<String, Count>> change) {
		this.attempts.change(counters.stream().map(Counter::hash).toList(), (counts) -> change.apply(counts, now()));
	}

	private static void requireNoWait(List<Counter> counters, Map<String, Count> counts, long now) {
		long wait = 0;
		for (Counter counter : counters) {
			wait = Math.max(wait, counter.limit.wait(counts.getOrDefault(counter.hash, Count.NONE), now));
		}
		if (wait > 0) {
			throw refusal(wait);
		}
	}

	/** Every refusal comes by here; it is logged where all are. */
	private static TooManyAttempts refusal(long seconds) {
		return new TooManyAttempts(seconds);
	}

	/**
	 * Counts a sign-up, which costs a hash and tells whether an email is taken.
	 * @throws TooManyAttempts if there were too many from there
	 */
	@EventListener
	void signingUp(SigningUp signUp) {
		if (this.settings.enabled()) {
			count(new Counter(hash("sign-up", Network.place(signUp.address())), this.signUps));
		}
	}

	/**
	 * Counts a try of the current password before it is looked at (ASVS 6.2.3).
	 * @throws TooManyAttempts if it must wait
	 */
	@EventListener
	void provingPassword(ProvingPassword proof) {
		if (this.settings.enabled()) {
			count(proofs(proof.userId(), proof.session()));
		}
	}

	@EventListener
	void passwordProved(PasswordProved proof) {
		if (this.settings.enabled()) {
			forget(proofs(proof.userId(), proof.session()));
		}
	}

	/**
	 * Forgets where the user was known, but for the place that asks: somebody else may
	 * have had the old password.
	 */
	@EventListener
	void passwordChanged(PasswordChanged change) {
		this.attempts.forgetPlaces(change.userId(), hash("known", Network.place(change.asker().address())));
	}

	private void forget(Counter counter) {
		change(List.of(counter), (counts, now) -> {
			counts.replaceAll((hash, count) -> count.less(count.failures()));
			return counts;
		});
	}

	/** Each login has its own, so that one that was stolen keeps no other waiting. */
	private Counter proofs(long userId, @Nullable Long session) {
		return new Counter(hash("proof", Long.toString(userId), String.valueOf(session)), this.knownPlace);
	}

	/**
	 * Counts a refresh that failed. One that succeeds is not counted here, as nobody
	 * guesses 256 bits.
	 * @return what to tell the client: why it failed, or that it is to wait
	 */
	ApiException refreshFailed(String address, ApiException reason) {
		if (this.settings.enabled()) {
			try {
				count(new Counter(hash("refresh", Network.place(address)), this.refreshes));
			}
			catch (TooManyAttempts ex) {
				return ex;
			}
		}
		return reason;
	}

	/** Clears away what counts for nothing any more, a little at a time. */
	@Scheduled(fixedDelay = 60_000, initialDelay = 60_000)
	void clear() {
		int cleared;
		do {
			cleared = this.attempts.clear(CLEARED_AT_ONCE);
		}
		while (cleared == CLEARED_AT_ONCE);
		do {
			cleared = this.attempts.clearPlaces(now() - KNOWN.toSeconds(), CLEARED_AT_ONCE);
		}
		while (cleared == CLEARED_AT_ONCE);
	}

	/**
	 * What is counted under, in which no email or address can be read: they may be those
	 * of people who have no account.
	 */
	private String hash(String... parts) {
		try {
			Mac mac = Mac.getInstance("HmacSHA256");
			mac.init(this.keys.sealing());
			mac.update(String.join("\0", parts).getBytes(StandardCharsets.UTF_8));
			return HexFormat.of().formatHex(mac.doFinal(), 0, 16);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private long now() {
		return this.clock.instant().getEpochSecond();
	}

	/**
	 * Who wants to log in from where, in hashes.
	 *
	 * @param place under which the account may be known there
	 * @param own what the account is tried from: a session of its own, or that place
	 * @param account by all its strangers
	 * @param address by all accounts that are tried from there
	 */
	private record Login(long userId, String place, String own, String account, String address, boolean session) {

	}

	/** What a failure counts under, and how much of it there may be. */
	private record Counter(String hash, Limit limit) {

	}

	/**
	 * What was found out about an attempt that need not wait.
	 *
	 * @param counters what a failure counts under: the own one first, for strangers then
	 * the account's and the address's
	 * @param isClean whether so little has failed before that this need not be counted
	 * unless it fails too
	 * @param isNoted whether it is on record, as of today, that the account is known
	 * there
	 */
	private record Admission(Login login, List<Counter> counters, boolean isClean, boolean isNoted) {

		/** The count that this attempt might have to share with others of the moment. */
		String shared() {
			return this.counters.get((this.counters.size() > 1) ? 1 : 0).hash;
		}

	}

	/**
	 * An attempt to log in that was admitted. Closed before it has succeeded or failed,
	 * it counts for nothing.
	 */
	final class Attempt implements AutoCloseable {

		private final @Nullable Admission admission;

		private final Turns.@Nullable Turn turn;

		private boolean isCounted;

		private final @Nullable TooManyAttempts refusal;

		private final boolean mayPass;

		/**
		 * @param admission if anything is limited
		 * @param turn the turn that the attempt is, if others must wait for it
		 * @param isCounted whether it was counted as a failure before it is made
		 * @param refusal the answer to any failure, if the attempt is made quietly
		 */
		private Attempt(@Nullable Admission admission, Turns.@Nullable Turn turn, boolean isCounted,
				@Nullable TooManyAttempts refusal, boolean mayPass) {
			this.admission = admission;
			this.turn = turn;
			this.isCounted = isCounted;
			this.refusal = refusal;
			this.mayPass = mayPass;
		}

		/**
		 * Whether the right password is let in. Otherwise the attempt is refused like one
		 * for an account that does not exist.
		 */
		boolean mayPass() {
			return this.mayPass;
		}

		/** Counts the failure, and returns what to tell the client. */
		ApiException failed(ApiException reason) {
			if (this.refusal != null) {
				this.isCounted = false;
				return this.refusal;
			}
			if (this.admission != null && !this.isCounted) {
				count(this.admission.counters, false);
			}
			this.isCounted = false;
			return reason;
		}

		/**
		 * Does what follows from a right password, and forgets the failures before it
		 * that were from the same place.
		 * @param work returns nothing if it could not be done
		 */
		<T> Optional<T> succeeded(Supplier<Optional<T>> work) {
			Admission admission = this.admission;
			if (admission == null || (admission.isNoted && !this.isCounted)) {
				return work.get();
			}
			Optional<T> result = Throttle.this.attempts.together(() -> {
				Optional<T> done = work.get();
				if (done.isPresent()) {
					settle(admission);
				}
				return done;
			});
			this.isCounted &= result.isEmpty();
			return result;
		}

		private void settle(Admission admission) {
			if (this.refusal != null) {
				forget(admission.counters.get(0));
			}
			else if (this.isCounted && Throttle.this.hidesAccounts && !admission.login.session) {
				// What is forgotten would show that the owner was here
				takeBack(admission.counters);
			}
			else if (this.isCounted) {
				forgive(admission.counters);
			}
			if (!admission.isNoted) {
				Throttle.this.attempts.know(admission.login.userId, admission.login.place);
			}
		}

		@Override
		public void close() {
			try {
				if (this.admission != null && this.isCounted) {
					takeBack(this.admission.counters);
				}
			}
			finally {
				if (this.turn != null) {
					this.turn.close();
				}
			}
		}

	}

}
