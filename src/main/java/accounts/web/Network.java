package accounts.web;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Addresses that begin with the same bits, like {@code 10.1.0.0/16} (RFC 4632) or
 * {@code 2001:db8::/32} (RFC 4291, 2.3).
 *
 * @param first the lowest of them
 * @param bits how many they share
 */
public record Network(InetAddress first, int bits) {

	private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.(?!$)|$)){4}");

	private static final Pattern BITS = Pattern.compile("\\d{1,3}");

	/** The address that a text is, if it is one: no name is ever looked up. */
	public static Optional<InetAddress> address(String text) {
		// A zone says by which interface this machine reaches the address
		String address = text.contains(":") ? text.replaceFirst("%.*", "") : text;
		// Java would look up what begins with a dot
		if (!address.matches("[0-9A-Fa-f:][0-9A-Fa-f:.]*")
				|| (!address.contains(":") && !IPV4.matcher(address).matches())) {
			return Optional.empty();
		}
		try {
			// IPv4 in the form of IPv6 is IPv4 from here on
			return Optional.of(InetAddress.getByName(address));
		}
		catch (UnknownHostException ex) {
			return Optional.empty();
		}
	}

	/**
	 * Reads an address or a network.
	 * @throws IllegalArgumentException if it is none
	 */
	public static Network of(String text) {
		int slash = text.indexOf('/');
		InetAddress address = address((slash < 0) ? text : text.substring(0, slash))
			.orElseThrow(() -> new IllegalArgumentException(text));
		int length = address.getAddress().length * 8;
		String bits = (slash < 0) ? Integer.toString(length) : text.substring(slash + 1);
		if (!BITS.matcher(bits).matches() || Digits.number(bits) > length) {
			throw new IllegalArgumentException(text);
		}
		return of(address, (int) Digits.number(bits));
	}

	/** The network of so many bits that an address is in. */
	public static Network of(InetAddress address, int bits) {
		byte[] bytes = address.getAddress();
		for (int i = 0; i < bytes.length; i++) {
			int kept = Math.max(0, Math.min(8, bits - 8 * i));
			bytes[i] &= (byte) (0xff << (8 - kept));
		}
		try {
			return new Network(InetAddress.getByAddress(bytes), bits);
		}
		catch (UnknownHostException ex) {
			throw new IllegalArgumentException(ex);
		}
	}

	/**
	 * Where a client is: its IPv4 address, or the network of 64 bits that its IPv6
	 * address is in, as a single subscriber has all of that.
	 */
	public static String place(String address) {
		return address(address).map((known) -> of(known, Math.min(64, known.getAddress().length * 8)).toString())
			.orElse(address);
	}

	boolean contains(InetAddress address) {
		return address.getAddress().length == this.first.getAddress().length
				&& Arrays.equals(of(address, this.bits).first.getAddress(), this.first.getAddress());
	}

	@Override
	public String toString() {
		return this.first.getHostAddress() + "/" + this.bits;
	}

}
