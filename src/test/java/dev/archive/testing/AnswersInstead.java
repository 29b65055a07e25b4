package dev.archive.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Stands before an ingest server and answers its calls otherwise than it would; bytes go to the
 * storage without it.
 */
public final class AnswersInstead implements AutoCloseable {
  private final URI server;
  private final Liar liar;
  private final HttpServer http;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<Call> calls = new CopyOnWriteArrayList<>();

  /** A call, with the key that makes it idempotent or null. */
  public record Call(String path, String body, String idempotencyKey) {}

  /** A status and JSON. */
  public record Said(int status, String body) {}

  /** What the server itself says to a body. */
  public interface Honest {
    Said say(String body) throws IOException;
  }

  /** Decides what is answered. */
  public interface Liar {
    Said answer(Call call, Honest honest) throws IOException;
  }

  public AnswersInstead(URI server, Liar liar) throws IOException {
    this.server = server;
    this.liar = liar;
    this.http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(threads);
    http.createContext("/", this::handle);
    http.start();
  }

  public String url() {
    return "http://127.0.0.1:" + http.getAddress().getPort();
  }

  /** The calls whose path ends so, in order. */
  public List<Call> calls(String end) {
    return calls.stream().filter(call -> call.path().endsWith(end)).toList();
  }

  private void handle(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    Call call =
        new Call(
            exchange.getRequestURI().getRawPath(),
            body,
            exchange.getRequestHeaders().getFirst("Idempotency-Key"));
    calls.add(call);
    Said said = liar.answer(call, asked -> ask(exchange.getRequestMethod(), call.path(), asked));
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    byte[] answer = said.body().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(said.status(), answer.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(answer);
    }
  }

  private Said ask(String method, String path, String body) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(server.resolve(path))
            .method(method, BodyPublishers.ofString(body))
            .build();
    try {
      HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
      return new Said(answer.statusCode(), answer.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }
}
