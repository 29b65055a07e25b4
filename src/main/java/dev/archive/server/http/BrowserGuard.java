package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;

/**
 * Keeps web pages out of a server that asks for no token. A browser on this machine reaches it, and
 * would send what any page wants: so the request must name a host of this server, which a page that
 * had its own name resolved to this address cannot (DNS rebinding), and must not come from a page
 * of another origin.
 */
public final class BrowserGuard {
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(\\.[0-9]{1,3}){3}|::1|0:0:0:0:0:0:0:1");

  private final Set<String> hosts = new HashSet<>();
  private final Set<String> origins = new HashSet<>();

  /**
   * The rule of one server.
   *
   * @param listen the host on which it listens
   * @param publicUrl by which it is called, or null
   * @param corsOrigin whose pages may call, or null
   */
  public BrowserGuard(String listen, String publicUrl, String corsOrigin) {
    hosts.add(host(listen));
    if (publicUrl != null) {
      URI url = URI.create(publicUrl);
      hosts.add(host(url.getHost()));
      origins.add(origin(url.getScheme(), url.getRawAuthority()));
    }
    if (corsOrigin != null) {
      origins.add(corsOrigin);
    }
  }

  /**
   * Refuses what a web page sends.
   *
   * @throws ArchiveException {@link ErrorCode#FORBIDDEN}
   */
  void check(Request request) {
    requireOwnHost(request);
    boolean known = requireKnownOrigin(request);
    for (String site : request.getHeaders().getValuesList("Sec-Fetch-Site")) {
      if (!known && site.equalsIgnoreCase("cross-site")) {
        throw forbidden(
            "a page of another site made a browser send this; nothing was done. Allow the pages of"
                + " one origin with archive serve --cors-origin");
      }
    }
  }

  private void requireOwnHost(Request request) {
    String named = request.getHttpURI().getHost();
    if (named == null) {
      // HTTP/1.0, which no browser speaks.
      return;
    }
    String host = host(named);
    if (!LOOPBACK.matcher(host).matches()
        && !hosts.contains(host)
        && !host.equals(host(Request.getLocalAddr(request)))) {
      throw forbidden(
          "this server is not called "
              + Text.quote(named)
              + "; nothing was done. Use the address on which it listens, or start it with"
              + " --public-url");
    }
  }

  /** Whether the request names origins, and all of them may call. */
  private boolean requireKnownOrigin(Request request) {
    List<String> named = request.getHeaders().getValuesList(HttpHeader.ORIGIN);
    String own =
        origin(
            request.getHttpURI().getScheme(), String.valueOf(request.getHttpURI().getAuthority()));
    for (String each : named) {
      if (!origins.contains(each) && !own.equals(each)) {
        throw forbidden(
            "pages of "
                + Text.quote(each)
                + " may not call this server; nothing was done. Allow the pages of one origin with"
                + " archive serve --cors-origin");
      }
    }
    return !named.isEmpty();
  }

  private static String origin(String scheme, String authority) {
    return (scheme + "://" + authority).toLowerCase(Locale.ROOT);
  }

  private static String host(String name) {
    String host = name.toLowerCase(Locale.ROOT);
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  private static ArchiveException forbidden(String message) {
    return new ArchiveException(ErrorCode.FORBIDDEN, message);
  }
}
