package dev.archive.model;

import java.net.URI;

/** The numbers of TCP ports (RFC 9293: 16 bits). */
public final class Port {
  public static final int MAX = 65_535;

  private Port() {}

  /** Whether a URL names no port, or one that can be connected to: 1 to {@link #MAX}. */
  public static boolean isUsable(URI url) {
    return url.getPort() == -1 || url.getPort() > 0 && url.getPort() <= MAX;
  }
}
