package dev.archive.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Locale;

/** A client that shows every byte and retries nothing. */
final class RawClient implements AutoCloseable {
  private final Socket socket = new Socket();
  private final InputStream in;

  /** Everything up to the end of a connection, and whether that was a reset. */
  record Ending(byte[] bytes, boolean reset) {
    String text() {
      return new String(bytes, ISO_8859_1);
    }
  }

  record Answer(int status, String head, byte[] body) {
    String text() {
      return new String(body, ISO_8859_1);
    }
  }

  RawClient(InetSocketAddress address) throws IOException {
    socket.setTcpNoDelay(true);
    socket.connect(address);
    in = new BufferedInputStream(socket.getInputStream());
  }

  static byte[] request(String line, byte[] body) {
    String head =
        line + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length + "\r\n\r\n";
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(head.getBytes(ISO_8859_1));
    bytes.writeBytes(body);
    return bytes.toByteArray();
  }

  static byte[] request(String line, String body) {
    return request(line, body.getBytes(ISO_8859_1));
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  void send(String text) throws IOException {
    send(text.getBytes(ISO_8859_1));
  }

  void endOutput() throws IOException {
    socket.shutdownOutput();
  }

  Answer ask(String line, String body) throws IOException {
    send(request(line, body));
    return read();
  }

  /** Reads an answer whose length is declared. */
  Answer read() throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("no answer but: " + head);
      }
      head.append((char) b);
    }
    int length = 0;
    for (String line : head.toString().split("\r\n")) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(line.substring(15).strip());
      }
    }
    byte[] body = in.readNBytes(length);
    if (body.length < length) {
      throw new IOException("short answer");
    }
    return new Answer(Integer.parseInt(head.substring(9, 12)), head.toString(), body);
  }

  Ending readToEnd() {
    return readToEnd(in);
  }

  static Ending readToEnd(InputStream in) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    try {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        bytes.write(buffer, 0, n);
      }
      return new Ending(bytes.toByteArray(), false);
    } catch (IOException e) {
      return new Ending(bytes.toByteArray(), true);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
