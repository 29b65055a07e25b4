package dev.archive.client.api;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Secret;
import dev.archive.model.Text;
import java.net.URI;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * A server, and what opens it.
 *
 * @param url without a slash at the end
 * @param token is shown to this server with each call of its API, and to nobody else; null where
 *     there is none
 * @param authorities a file of certificates that are trusted beside those that Java trusts, or null
 * @param proxies through which it is reached
 */
public record Endpoint(String url, Secret token, Path authorities, Proxies proxies) {
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(\\.[0-9]{1,3}){3}|\\[::1]", Pattern.CASE_INSENSITIVE);

  /** A server that asks for no token. */
  public static Endpoint open(String url) {
    return new Endpoint(url, null, null, Proxies.NONE);
  }

  /**
   * The same server, to which a token is shown.
   *
   * @param insecureHttp whether the token may travel where others can read it
   * @throws ArchiveException {@link ErrorCode#USAGE} where they could and it may not
   */
  public Endpoint withToken(Secret shown, boolean insecureHttp) {
    URI server = URI.create(url);
    boolean open = !"https".equalsIgnoreCase(server.getScheme());
    if (open && !LOOPBACK.matcher(server.getHost()).matches() && !insecureHttp) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the access token is not sent to "
              + Text.quote(url)
              + ": others could read it on its way; nothing was done. Use https, or add"
              + " --insecure-http in a network that you trust");
    }
    HttpProxy through = proxies.of(url);
    if (open && through != null) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the access token is not sent to "
              + Text.quote(url)
              + " through the proxy "
              + through
              + ", which could read it; nothing was done. Use https, or name the server in"
              + " no_proxy");
    }
    return new Endpoint(url, shown, authorities, proxies);
  }
}
