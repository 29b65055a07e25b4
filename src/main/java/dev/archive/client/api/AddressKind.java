package dev.archive.client.api;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Collection;

/** From where an address can be reached. */
enum AddressKind {
  /** By anybody. */
  PUBLIC("public"),
  /** In one organisation: RFC 1918, RFC 6598 and RFC 4193. */
  PRIVATE("private"),
  /** On one network: RFC 3927 and {@code fe80::/10}; clouds tell secrets there. */
  LINK_LOCAL("link-local"),
  /** On this machine. */
  LOOPBACK("loopback");

  private final String words;

  AddressKind(String words) {
    this.words = words;
  }

  String words() {
    return words;
  }

  static AddressKind of(InetAddress address) {
    if (address.isLoopbackAddress() || address.isAnyLocalAddress()) {
      return LOOPBACK;
    }
    if (address.isLinkLocalAddress()) {
      return LINK_LOCAL;
    }
    byte[] bytes = address.getAddress();
    boolean shared = bytes.length == 4 && bytes[0] == 100 && (bytes[1] & 0xC0) == 64;
    boolean unique = address instanceof Inet6Address && (bytes[0] & 0xFE) == 0xFC;
    return address.isSiteLocalAddress() || shared || unique ? PRIVATE : PUBLIC;
  }

  /**
   * Whether a server with addresses of these kinds may name one of this kind: one of its own, and
   * from this machine any.
   */
  boolean isReachableFrom(Collection<AddressKind> server) {
    return this == PUBLIC || server.contains(this) || server.contains(LOOPBACK);
  }
}
