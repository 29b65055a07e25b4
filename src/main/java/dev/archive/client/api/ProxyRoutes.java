package dev.archive.client.api;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import okhttp3.OkHttpClient;
import okhttp3.Request;

/** Has OkHttp use proxies. What is for a proxy goes to it alone, and what is not never does. */
final class ProxyRoutes extends ProxySelector {
  private static final String HEADER = "Proxy-Authorization";

  private final Proxies proxies;

  private ProxyRoutes(Proxies proxies) {
    this.proxies = proxies;
  }

  /** Sets up a client. */
  static void use(Proxies proxies, OkHttpClient.Builder client) {
    if (proxies.equals(Proxies.NONE)) {
      client.proxy(Proxy.NO_PROXY);
      return;
    }
    client.proxySelector(new ProxyRoutes(proxies));
    // For tunnels: asked before the first one, and again where the proxy refuses that. What a
    // server in a tunnel answers is none of it: a 407 of its own must not get the password.
    client.proxyAuthenticator(
        (route, answer) -> {
          HttpProxy proxy =
              route == null ? null : proxies.of(true, route.address().url().host(), port(route));
          return proxy == null
                  || proxy.credentials() == null
                  || !answer.request().method().equals("CONNECT")
                  || answer.request().header(HEADER) != null
              ? null
              : with(answer.request(), proxy);
        });
    // A forwarded request shows it at once, for a body can be sent only once.
    client.addNetworkInterceptor(
        chain -> {
          Request request = chain.request();
          boolean forwarded =
              !request.isHttps()
                  && chain.connection() != null
                  && chain.connection().route().proxy().type() == Proxy.Type.HTTP;
          HttpProxy proxy =
              forwarded ? proxies.of(false, request.url().host(), request.url().port()) : null;
          return chain.proceed(
              proxy == null || proxy.credentials() == null ? request : with(request, proxy));
        });
  }

  private static int port(okhttp3.Route route) {
    return route.address().url().port();
  }

  private static Request with(Request request, HttpProxy proxy) {
    return request.newBuilder().header(HEADER, proxy.credentials().reveal()).build();
  }

  @Override
  public List<Proxy> select(URI uri) {
    HttpProxy proxy = proxies.of(uri.toString());
    // Resolved here: the client's own way to resolve names judges hosts that a server names.
    return List.of(
        proxy == null
            ? Proxy.NO_PROXY
            : new Proxy(Proxy.Type.HTTP, new InetSocketAddress(proxy.host(), proxy.port())));
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException e) {
    // The call that failed says so.
  }
}
