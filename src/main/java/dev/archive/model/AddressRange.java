package dev.archive.model;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A range of IP addresses that share their first bits (CIDR, RFC 4632), or one address. */
public final class AddressRange {
  private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final Pattern V4 = Pattern.compile(OCTET + "(?:\\." + OCTET + "){3}");
  private static final Pattern V6 = Pattern.compile("[0-9a-fA-F:][0-9a-fA-F:.]{1,44}");
  private static final Pattern RANGE = Pattern.compile("([^/]+)(?:/([0-9]{1,3}))?");

  private final byte[] first;
  private final int bits;
  private final String text;

  private AddressRange(byte[] first, int bits, String text) {
    this.first = first;
    this.bits = bits;
    this.text = text;
  }

  /**
   * Reads {@code 10.0.0.0/8}, {@code fd00::/8} or one address.
   *
   * @return null where it is none; bits behind the prefix must be 0
   */
  public static @Nullable AddressRange parse(String text) {
    Matcher range = RANGE.matcher(text);
    InetAddress address = range.matches() ? address(range.group(1)) : null;
    if (address == null) {
      return null;
    }
    byte[] bytes = address.getAddress();
    int bits = range.group(2) == null ? 8 * bytes.length : Integer.parseInt(range.group(2));
    if (bits > 8 * bytes.length) {
      return null;
    }
    for (int bit = bits; bit < 8 * bytes.length; bit++) {
      if ((bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) {
        return null;
      }
    }
    return new AddressRange(bytes, bits, text);
  }

  /** An address as it is written; null for all else. No name is ever looked up. */
  public static @Nullable InetAddress address(String text) {
    boolean literal =
        V4.matcher(text).matches() || text.contains(":") && V6.matcher(text).matches();
    try {
      return literal ? InetAddress.getByName(text) : null;
    } catch (UnknownHostException e) {
      return null;
    }
  }

  /** Whether an address lies in it. */
  public boolean contains(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length != first.length) {
      return false;
    }
    for (int bit = 0; bit < bits; bit++) {
      if (((bytes[bit / 8] ^ first[bit / 8]) >> (7 - bit % 8) & 1) != 0) {
        return false;
      }
    }
    return true;
  }

  /** As it was written. */
  @Override
  public String toString() {
    return text;
  }
}
