package dev.archive.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** An upstream that answers the first bytes of a connection and ends its side. */
final class EarlyServer implements AutoCloseable {
  private final ServerSocket server;
  private final String answer;

  EarlyServer(String answer) throws IOException {
    this.answer = answer;
    server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::run, "early-server");
    thread.setDaemon(true);
    thread.start();
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  private void run() {
    while (!server.isClosed()) {
      try (Socket socket = server.accept()) {
        socket.getInputStream().read();
        socket.getOutputStream().write(answer.getBytes(ISO_8859_1));
        socket.shutdownOutput();
        RawClient.readToEnd(socket.getInputStream());
      } catch (IOException e) {
        // closed, or a peer that went
      }
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
