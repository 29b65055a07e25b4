package dev.archive.client.api;

import dev.archive.model.AddressRange;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import okhttp3.HttpUrl;

/**
 * Which proxy leads to a URL: the variables of the environment that most programs read, or the one
 * that was named for this program. Upper-case {@code HTTP_PROXY} is not read, for a request to a
 * CGI program can set it.
 */
public final class Proxies {
  /** No proxy for anything. */
  public static final Proxies NONE = new Proxies(null, null, List.of(), false);

  private static final String NO_PROXY = "no_proxy";

  private final Named http;
  private final Named https;
  private final List<String> direct;
  private final boolean loopbackToo;

  /** What names a proxy, which is read when it is needed: what no_proxy names goes without. */
  private record Named(String text, String source) {}

  private Proxies(Named http, Named https, List<String> direct, boolean loopbackToo) {
    this.http = http;
    this.https = https;
    this.direct = direct;
    this.loopbackToo = loopbackToo;
  }

  /**
   * Reads the environment. What a variable says is judged only by {@link #of(String)}.
   *
   * @param asked the URL of a proxy for all but what {@code no_proxy} names, "none" for no proxy,
   *     or null for what the environment says
   * @throws dev.archive.model.ArchiveException {@link dev.archive.model.ErrorCode#USAGE}
   */
  public static Proxies of(String asked, Map<String, String> environment) {
    if ("none".equals(asked)) {
      return NONE;
    }
    List<String> direct = new ArrayList<>();
    String except = variable(environment, NO_PROXY);
    if (except != null) {
      for (String each : environment.get(except).split("[,\\s]+", -1)) {
        if (!each.isEmpty()) {
          direct.add(each.toLowerCase(Locale.ROOT));
        }
      }
    }
    if (asked != null) {
      var unused = HttpProxy.parse(asked, "--proxy");
      Named proxy = new Named(asked, "--proxy");
      return new Proxies(proxy, proxy, direct, true);
    }
    Named http = named("http_proxy", environment);
    Named https = named(variable(environment, "https_proxy"), environment);
    return http == null && https == null ? NONE : new Proxies(http, https, direct, false);
  }

  private static Named named(String variable, Map<String, String> environment) {
    String value = variable == null ? "" : environment.getOrDefault(variable, "");
    return value.isBlank() ? null : new Named(value.strip(), variable);
  }

  /** The name of a variable in lower or upper case that has a value, or null. */
  private static String variable(Map<String, String> environment, String name) {
    for (String each : List.of(name, name.toUpperCase(Locale.ROOT))) {
      if (!environment.getOrDefault(each, "").isBlank()) {
        return each;
      }
    }
    return null;
  }

  /**
   * The proxy that leads to a URL; null where it is called directly.
   *
   * @throws dev.archive.model.ArchiveException {@link dev.archive.model.ErrorCode#USAGE} where the
   *     environment names something else than such a proxy
   */
  public HttpProxy of(String url) {
    HttpUrl parsed = HttpUrl.parse(url);
    return parsed == null ? null : of(parsed.isHttps(), parsed.host(), parsed.port());
  }

  HttpProxy of(boolean secure, String host, int port) {
    Named proxy = secure ? https : http;
    return proxy == null || isDirect(host.toLowerCase(Locale.ROOT), port)
        ? null
        : HttpProxy.parse(proxy.text, proxy.source);
  }

  private boolean isDirect(String host, int port) {
    InetAddress address = AddressRange.address(host);
    boolean loopback =
        address != null
            ? address.isLoopbackAddress()
            : host.equals("localhost") || host.endsWith(".localhost");
    return loopback && !loopbackToo
        || direct.stream().anyMatch(each -> names(each, host, port, address));
  }

  /** Whether an entry of no_proxy names a host: by name, domain, address or range. */
  private static boolean names(String entry, String host, int port, InetAddress address) {
    if (entry.equals("*")) {
      return true;
    }
    boolean bare = AddressRange.parse(entry) != null || !entry.endsWith(":" + port);
    String whole = bare ? entry : entry.substring(0, entry.lastIndexOf(':'));
    AddressRange range = AddressRange.parse(whole.replaceAll("^\\[|]$", ""));
    if (range != null) {
      return address != null && range.contains(address);
    }
    String name = whole.replaceFirst("^\\*?\\.", "");
    return !name.isEmpty() && (host.equals(name) || host.endsWith("." + name));
  }
}
