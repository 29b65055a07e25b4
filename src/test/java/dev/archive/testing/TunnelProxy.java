package dev.archive.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An HTTP proxy on the loopback address: tunnels for CONNECT, and requests that it forwards. Every
 * name that ends in {@code .test} leads to one port of this machine. It keeps all that clients send
 * to it.
 */
public final class TunnelProxy implements AutoCloseable {
  private final ServerSocket server;
  private final int upstream;
  private final String credentials;
  private final int refusal;
  private final List<String> heads = new CopyOnWriteArrayList<>();
  private final ByteArrayOutputStream seen = new ByteArrayOutputStream();
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  /**
   * Starts one.
   *
   * @param upstream the port behind every name that ends in {@code .test}
   * @param credentials the value of Proxy-Authorization that it asks for, or null
   * @param refusal the status of its answer to everything, or 0
   */
  public TunnelProxy(int upstream, String credentials, int refusal) throws IOException {
    this.upstream = upstream;
    this.server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    this.credentials = credentials;
    this.refusal = refusal;
    daemon(this::accept);
  }

  public int port() {
    return server.getLocalPort();
  }

  /** The first head of each connection. */
  public List<String> heads() {
    return heads;
  }

  /** All bytes that came from clients. */
  public String seen() {
    synchronized (seen) {
      return seen.toString(StandardCharsets.ISO_8859_1);
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "tunnel proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        sockets.add(client);
        daemon(() -> serve(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      InputStream in = client.getInputStream();
      String head = head(in);
      heads.add(head);
      OutputStream out = client.getOutputStream();
      if (refusal > 0
          || credentials != null
              && !head.contains("\r\nProxy-Authorization: " + credentials + "\r\n")) {
        answer(out, refusal > 0 ? refusal : 407);
        return;
      }
      String[] words = head.split(" ");
      boolean tunnel = words[0].equals("CONNECT");
      URI target = URI.create(tunnel ? "//" + words[1] : words[1]);
      boolean known = target.getHost().endsWith(".test");
      String host = known ? "127.0.0.1" : target.getHost();
      try (Socket there = new Socket(host, known ? upstream : target.getPort())) {
        sockets.add(there);
        if (tunnel) {
          out.write(
              "HTTP/1.1 200 Connection established\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        } else {
          there.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
        }
        daemon(() -> pump(there, client, false));
        pump(client, there, true);
      }
    } catch (IOException e) {
      // Its client sees a connection that ends.
    }
  }

  private String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("no head");
      }
      head.write(next);
    }
    synchronized (seen) {
      head.writeTo(seen);
    }
    return head.toString(StandardCharsets.ISO_8859_1);
  }

  private static void answer(OutputStream out, int status) throws IOException {
    String head =
        String.format(
            Locale.ROOT,
            "HTTP/1.1 %d No\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n"
                + "Connection: close\r\n\r\n",
            status);
    out.write(head.getBytes(StandardCharsets.US_ASCII));
  }

  private void pump(Socket from, Socket to, boolean kept) {
    byte[] buffer = new byte[1 << 16];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (kept) {
          synchronized (seen) {
            seen.write(buffer, 0, read);
          }
        }
        out.write(buffer, 0, read);
      }
      to.shutdownOutput();
    } catch (IOException e) {
      // The other direction ends too.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket each : sockets) {
      each.close();
    }
  }
}
