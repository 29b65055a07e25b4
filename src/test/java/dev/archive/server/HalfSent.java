package dev.archive.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** A request of whose body the server has received some, and the rest comes when a test wants. */
final class HalfSent implements AutoCloseable {
  private static final String CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
  private static final int MAX_TRIES = 20_000;

  private final Socket socket;
  private final byte[] body;
  private final int sent;

  /**
   * Sends a part of the body; returns when the server is at it: the bytes of an object are in the
   * staging area of the batch then, and a bundle, which may be in memory, was asked for.
   *
   * @param sent how many bytes are sent now
   */
  HalfSent(
      RunningServer server, Path root, String batch, String line, String url, byte[] body, int sent)
      throws IOException {
    this.socket = server.connect();
    this.body = body;
    this.sent = sent;
    Path staging = root.resolve("staging").resolve(batch);
    long before = arrived(staging);
    URI uri = URI.create(url);
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    String head =
        line
            + " "
            + uri.getRawPath()
            + query
            + " HTTP/1.1\r\nHost: "
            + uri.getAuthority()
            + "\r\nContent-Length: "
            + body.length
            + "\r\nContent-Type: application/x-tar\r\nConnection: close\r\n";
    if (line.equals("POST")) {
      write(head + "Expect: 100-continue\r\n\r\n");
      awaitContinue();
      socket.getOutputStream().write(body, 0, sent);
      socket.getOutputStream().flush();
      return;
    }
    write(head + "\r\n");
    socket.getOutputStream().write(body, 0, sent);
    socket.getOutputStream().flush();
    int tries = 0;
    while (arrived(staging) <= before) {
      assertTrue(++tries < MAX_TRIES, "nothing of the body arrives");
      LockSupport.parkNanos(1_000_000);
    }
  }

  private void write(String head) throws IOException {
    socket.getOutputStream().write(head.getBytes(US_ASCII));
    socket.getOutputStream().flush();
  }

  private void awaitContinue() throws IOException {
    String line = new String(socket.getInputStream().readNBytes(CONTINUE.length()), US_ASCII);
    assertEquals(CONTINUE, line);
  }

  private static long arrived(Path staging) throws IOException {
    if (Files.notExists(staging)) {
      return 0;
    }
    long bytes = 0;
    try (Stream<Path> files = Files.list(staging)) {
      for (Path file : files.toList()) {
        bytes += Files.exists(file) ? Files.size(file) : 0;
      }
    }
    return bytes;
  }

  /** Sends the rest and reads the whole answer. */
  String rest() throws IOException {
    socket.getOutputStream().write(body, sent, body.length - sent);
    socket.getOutputStream().flush();
    return RunningServer.readAll(socket);
  }

  /** Breaks the connection, as a sender does that is killed. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
