package dev.archive.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** Stands before a server and puts a lie in the place of some of its answers. */
public final class LyingProxy implements AutoCloseable {
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;
  private final String upstream;
  private volatile Order order = new Order(call -> false, Lie.truth(), new AtomicInteger());

  /** Which calls are lied about, how, and how often it was done. */
  private record Order(Predicate<String> about, Lie lie, AtomicInteger lies) {}

  /** What is answered instead. */
  @FunctionalInterface
  public interface Lie {
    /**
     * Answers a call.
     *
     * @param truth the body that the server answered
     */
    void tell(HttpExchange exchange, int status, byte[] truth) throws IOException;

    /** No lie. */
    static Lie truth() {
      return LyingProxy::answer;
    }

    /** Another body, with success. */
    static Lie body(byte[] body) {
      return (exchange, status, truth) -> answer(exchange, 200, body);
    }
  }

  public LyingProxy(String upstream) throws IOException {
    this.upstream = upstream;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /**
   * Lies from now on about calls such as {@code GET /api/batches?after=x}. A call that is under way
   * is answered, and counted, as it was ordered when it came.
   */
  public void lie(Predicate<String> about, Lie lie) {
    this.order = new Order(about, lie, new AtomicInteger());
  }

  /** How often it lied. */
  public int lies() {
    return order.lies.get();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String call = exchange.getRequestMethod() + " " + exchange.getRequestURI();
      Order now = order;
      boolean lying = now.about.test(call);
      HttpResponse<byte[]> truth = forward(exchange, body);
      truth
          .headers()
          .firstValue("ETag")
          .ifPresent(e -> exchange.getResponseHeaders().set("ETag", e));
      if (lying) {
        now.lies.incrementAndGet();
        now.lie.tell(exchange, truth.statusCode(), truth.body());
      } else {
        answer(exchange, truth.statusCode(), truth.body());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private HttpResponse<byte[]> forward(HttpExchange exchange, byte[] body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(upstream + exchange.getRequestURI()));
    for (String name : new String[] {"Content-Type", "Idempotency-Key", "If-Match"}) {
      String value = exchange.getRequestHeaders().getFirst(name);
      if (value != null) {
        request.header(name, value);
      }
    }
    return client.send(
        request.method(exchange.getRequestMethod(), BodyPublishers.ofByteArray(body)).build(),
        BodyHandlers.ofByteArray());
  }

  /** Answers a body as JSON. */
  public static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }

  /** Answers success and a body of unknown length. */
  public static OutputStream stream(HttpExchange exchange) {
    try {
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, 0);
      return exchange.getResponseBody();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
