package dev.archive.client.api;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import okhttp3.Dns;
import okhttp3.HttpUrl;

/**
 * Where bytes may be sent. A server names the URLs for them, and one that lies, or was broken into,
 * must not have a client send its files in the clear, or call what only this machine or its network
 * can reach.
 *
 * <p>An {@code https} server may name {@code https} URLs only. Loopback, link-local and private
 * addresses are for servers that have such an address themselves. Names are checked again when they
 * are resolved, so that none can change what it means in between.
 */
final class UploadUrls implements Dns {
  private static final String ALLOW =
      "check the server, or allow the host with --allow-upload-host HOST";

  private final HttpUrl server;
  private final Set<String> allowed;
  private final Dns dns;
  private final Set<AddressKind> serverKinds = ConcurrentHashMap.newKeySet();

  /** Carries a refusal through OkHttp, which lets only this kind pass. */
  static final class Refused extends UnknownHostException {
    private final transient ArchiveException problem;

    private Refused(ArchiveException problem) {
      super(problem.getMessage());
      this.problem = problem;
    }

    ArchiveException problem() {
      return problem;
    }

    /** The refusal among the causes of a failure, or null. */
    static ArchiveException of(IOException e) {
      for (Throwable each = e; each != null; each = each.getCause()) {
        if (each instanceof Refused refused) {
          return refused.problem;
        }
      }
      return null;
    }
  }

  UploadUrls(HttpUrl server, Set<String> allowed, Dns dns) {
    this.server = server;
    this.allowed = allowed;
    this.dns = dns;
    kindOf(server).ifPresent(serverKinds::add);
  }

  /**
   * The rule for one server.
   *
   * @param server its URL
   * @param allowed hosts, in lower case, that the user named: to them bytes may go all the same
   */
  static UploadUrls of(String server, Set<String> allowed) {
    return new UploadUrls(HttpUrl.get(server), allowed, Dns.SYSTEM);
  }

  /**
   * Checks a URL that the server named.
   *
   * @throws ArchiveException {@link ErrorCode#UNSAFE_URL}
   */
  HttpUrl check(String text) {
    HttpUrl url = text == null ? null : HttpUrl.parse(text);
    if (url == null) {
      throw refused("it is neither http nor https", text, "check the server");
    }
    if (!url.username().isEmpty() || !url.password().isEmpty()) {
      throw refused("it holds a user name or password", url.host(), "check the server");
    }
    if (allowed.contains(url.host())) {
      return url;
    }
    if (server.isHttps() && !url.isHttps()) {
      throw refused("it is not https, and the server is", url.host(), ALLOW);
    }
    if (!url.host().equals(server.host())) {
      kindOf(url).ifPresent(kind -> requireAllowed(kind, url.host()));
    }
    return url;
  }

  @Override
  public List<InetAddress> lookup(String host) throws UnknownHostException {
    List<InetAddress> addresses = dns.lookup(host);
    if (host.equals(server.host())) {
      addresses.forEach(each -> serverKinds.add(AddressKind.of(each)));
    } else if (!allowed.contains(host)) {
      for (InetAddress each : addresses) {
        try {
          requireAllowed(AddressKind.of(each), host);
        } catch (ArchiveException e) {
          throw new Refused(e);
        }
      }
    }
    return addresses;
  }

  /** The kind of a host that is written as an address; nothing for a name. */
  private static Optional<AddressKind> kindOf(HttpUrl url) {
    String host = url.host();
    // Not resolved: only digits, dots and colons get here.
    if (!host.contains(":") && !host.matches("[0-9.]+")) {
      return Optional.empty();
    }
    try {
      return Optional.of(AddressKind.of(InetAddress.getByName(host)));
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }

  private void requireAllowed(AddressKind kind, String host) {
    if (!kind.isReachableFrom(serverKinds)) {
      throw refused(
          "it leads to a " + kind.words() + " address, and the server has none", host, ALLOW);
    }
  }

  private static ArchiveException refused(String why, String what, String advice) {
    return new ArchiveException(
        ErrorCode.UNSAFE_URL,
        "the server named an upload URL that is not used: "
            + why
            + ": "
            + Text.quote(what)
            + "; nothing was sent there; "
            + advice);
  }
}
