package dev.archive.client.api;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Port;
import dev.archive.model.Secret;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import okhttp3.Credentials;

/**
 * A proxy that is spoken to by HTTP: it forwards requests to http URLs, and makes tunnels to https
 * URLs, in which it reads nothing.
 *
 * @param credentials of the header Proxy-Authorization, or null
 * @param source what names it, for people
 */
public record HttpProxy(String host, int port, Secret credentials, String source) {
  /**
   * Reads {@code http://USER:PASSWORD@HOST:PORT} or {@code HOST:PORT}.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE}, without the value, which may hold a password
   */
  static HttpProxy parse(String text, String source) {
    try {
      URI uri = new URI(text.contains("://") ? text : "http://" + text);
      String path = uri.getRawPath();
      if ("http".equalsIgnoreCase(uri.getScheme())
          && uri.getHost() != null
          && uri.getPort() > 0
          && uri.getPort() <= Port.MAX
          && (path.isEmpty() || path.equals("/"))
          && uri.getRawQuery() == null
          && uri.getRawFragment() == null) {
        String host = uri.getHost().replaceAll("^\\[|]$", "");
        return new HttpProxy(host, uri.getPort(), credentials(uri.getRawUserInfo()), source);
      }
    } catch (URISyntaxException | IllegalArgumentException e) {
      // Said below.
    }
    throw new ArchiveException(
        ErrorCode.USAGE,
        source
            + " does not name a proxy as http://HOST:PORT, the only kind that archive speaks to;"
            + " nothing was done; correct it, or name the server in no_proxy");
  }

  private static Secret credentials(String userInfo) {
    if (userInfo == null) {
      return null;
    }
    int colon = userInfo.indexOf(':');
    String user = colon < 0 ? userInfo : userInfo.substring(0, colon);
    String password = colon < 0 ? "" : userInfo.substring(colon + 1);
    return Secret.of(Credentials.basic(decoded(user), decoded(password), StandardCharsets.UTF_8));
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /** Its address, without user and password. */
  @Override
  public String toString() {
    return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
