package dev.archive.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;

/** A PUT that the server has begun to read, and whose body comes when the test wants it. */
final class SlowPut implements AutoCloseable {
  private final Socket socket;
  private final byte[] bytes;

  /** Returns when the server reads the body, of which nothing has been sent. */
  SlowPut(RunningServer server, String url, byte[] bytes) throws IOException {
    this.socket = server.connect();
    this.bytes = bytes;
    URI uri = URI.create(url);
    String head =
        "PUT "
            + uri.getRawPath()
            + "?"
            + uri.getRawQuery()
            + " HTTP/1.1\r\nHost: "
            + uri.getAuthority()
            + "\r\nContent-Length: "
            + bytes.length
            + "\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n";
    socket.getOutputStream().write(head.getBytes(US_ASCII));
    StringBuilder answer = new StringBuilder();
    while (answer.indexOf("\r\n\r\n") < 0) {
      int next = socket.getInputStream().read();
      assertTrue(next >= 0, () -> "closed after " + answer);
      answer.append((char) next);
    }
    assertTrue(answer.toString().startsWith("HTTP/1.1 100 "), answer.toString());
  }

  /** Sends the body and reads the answer. */
  String finish() throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return RunningServer.readAll(socket);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
