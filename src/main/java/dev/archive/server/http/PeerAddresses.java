package dev.archive.server.http;

import dev.archive.model.AddressRange;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;

/**
 * From which address a request comes. Where proxies are trusted, and one of them sent it, that is
 * the last address in {@code X-Forwarded-For} or {@code Forwarded} (RFC 7239) that no trusted proxy
 * has: what stands before it may be invented by its sender.
 */
public final class PeerAddresses {
  /** How many proxies there may be behind each other. */
  static final int MAX_HOPS = 16;

  private final List<AddressRange> trusted;

  /**
   * Sets it up.
   *
   * @param trusted where trusted proxies are
   */
  public PeerAddresses(List<AddressRange> trusted) {
    this.trusted = trusted;
  }

  /** Whether an address is that of a trusted proxy. */
  boolean isProxy(InetAddress address) {
    return address != null && trusted.stream().anyMatch(each -> each.contains(address));
  }

  /** The address that a request comes from, as text. */
  String of(Request request) {
    String direct = Request.getRemoteAddr(request);
    if (trusted.isEmpty()
        || !(request.getConnectionMetaData().getRemoteSocketAddress()
            instanceof InetSocketAddress peer)
        || !isProxy(peer.getAddress())) {
      return direct;
    }
    List<String> lists = request.getHeaders().getValuesList(HttpHeader.X_FORWARDED_FOR);
    List<String> standard = request.getHeaders().getValuesList(HttpHeader.FORWARDED);
    String byList = lists.isEmpty() ? null : last(lists, false, direct);
    String byStandard = standard.isEmpty() ? null : last(standard, true, direct);
    if (byList == null || byStandard == null || byList.equals(byStandard)) {
      return byList != null ? byList : byStandard != null ? byStandard : direct;
    }
    // The proxy sets one of them, and passes on what a stranger wrote into the other.
    return direct;
  }

  private String last(List<String> fields, boolean standard, String direct) {
    List<String> hops = new ArrayList<>();
    for (int i = fields.size() - 1; i >= 0 && hops.size() <= MAX_HOPS; i--) {
      addFromEnd(fields.get(i), hops);
    }
    String known = direct;
    for (String hop : hops.subList(0, Math.min(hops.size(), MAX_HOPS))) {
      InetAddress address = AddressRange.address(address(standard ? forOf(hop) : hop.strip()));
      if (address == null) {
        return known;
      }
      known = address.getHostAddress();
      if (!isProxy(address)) {
        return known;
      }
    }
    return known;
  }

  /** Adds the elements of a list, the last first, no more than are looked at. */
  private static void addFromEnd(String field, List<String> hops) {
    int end = field.length();
    while (end >= 0 && hops.size() <= MAX_HOPS) {
      int comma = field.lastIndexOf(',', end - 1);
      hops.add(field.substring(comma + 1, end));
      end = comma;
    }
  }

  /**
   * The value of {@code for} in one element of Forwarded; empty where there is none, or two, or
   * where it is a piece of a quoted text that a stranger may have written.
   */
  private static String forOf(String element) {
    if (element.chars().filter(each -> each == '"').count() % 2 != 0 || element.contains("\\")) {
      return "";
    }
    List<String> found = new ArrayList<>();
    for (String pair : element.split(";", -1)) {
      String[] parts = pair.strip().split("=", 2);
      if (parts.length == 2 && parts[0].toLowerCase(Locale.ROOT).equals("for")) {
        found.add(parts[1].replaceAll("^\"|\"$", ""));
      }
    }
    return found.size() == 1 ? found.get(0) : "";
  }

  /** An address without its port. */
  private static String address(String node) {
    if (node.startsWith("[")) {
      int end = node.indexOf(']');
      return end < 0 ? "" : node.substring(1, end);
    }
    int colon = node.indexOf(':');
    return colon > 0 && colon == node.lastIndexOf(':') ? node.substring(0, colon) : node;
  }
}
