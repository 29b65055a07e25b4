package dev.archive.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32;

/**
 * An upstream that answers each request it got whole with its number, line, and the length and sum
 * of its body, and remembers these answers.
 */
final class EchoServer implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicInteger count = new AtomicInteger();
  private final List<String> seen = Collections.synchronizedList(new ArrayList<>());

  EchoServer() throws IOException {
    System.setProperty("sun.net.httpserver.nodelay", "true");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  InetSocketAddress address() {
    return server.getAddress();
  }

  /** Returns what {@link #answer} says about a request. */
  static String expected(String line, byte[] body) {
    CRC32 sum = new CRC32();
    sum.update(body);
    return line + " " + body.length + " " + sum.getValue();
  }

  static String expected(String line, String body) {
    return expected(line, body.getBytes(ISO_8859_1));
  }

  /** Returns the requests that came whole, in order. */
  List<String> seen() {
    synchronized (seen) {
      return List.copyOf(seen);
    }
  }

  /** Waits until so many requests have come whole, and returns them. */
  List<String> awaitSeen(int requests) throws InterruptedException {
    synchronized (seen) {
      while (seen.size() < requests) {
        seen.wait();
      }
      return List.copyOf(seen);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      CRC32 sum = new CRC32();
      long length = 0;
      byte[] buffer = new byte[16384];
      InputStream in = exchange.getRequestBody();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        sum.update(buffer, 0, n);
        length += n;
      }
      String line = exchange.getRequestMethod() + " " + exchange.getRequestURI();
      String text = line + " " + length + " " + sum.getValue();
      synchronized (seen) {
        seen.add(text);
        seen.notifyAll();
      }
      boolean chunked = line.contains("chunked");
      byte[] body = (text + " #" + count.incrementAndGet()).getBytes(ISO_8859_1);
      exchange.sendResponseHeaders(200, chunked ? 0 : body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
