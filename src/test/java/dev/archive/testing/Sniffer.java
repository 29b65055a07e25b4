package dev.archive.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An upstream that records each connection to its end, then says its piece and closes. */
final class Sniffer implements AutoCloseable {
  private final ServerSocket server;
  private final String answer;
  private final BlockingQueue<RawClient.Ending> endings = new LinkedBlockingQueue<>();

  Sniffer(String answer) throws IOException {
    this.answer = answer;
    server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::run, "sniffer");
    thread.setDaemon(true);
    thread.start();
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  /** Waits for the next connection to end. */
  RawClient.Ending next() throws InterruptedException {
    return endings.poll(10, TimeUnit.SECONDS);
  }

  private void run() {
    while (!server.isClosed()) {
      try (Socket socket = server.accept()) {
        RawClient.Ending ending = RawClient.readToEnd(socket.getInputStream());
        endings.add(ending);
        if (!ending.reset()) {
          socket.getOutputStream().write(answer.getBytes(ISO_8859_1));
        }
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
