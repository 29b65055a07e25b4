package dev.archive.server;

import dev.archive.ledger.BatchLedger;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;

/** A real server on a free port, with a client for it. */
public final class RunningServer implements AutoCloseable {
  private static final int MAX_MILLIS = 20_000;

  static {
    // Read once, by the first client in the process, which may be a server's hook.
    ApiClient.allowConnectionHeader();
  }

  private final Path root;
  private final IngestServer server;
  private final ApiClient api;

  private RunningServer(Path root, IngestServer server, boolean keepAlive) {
    this.root = root;
    this.server = server;
    this.api = new ApiClient(server.url(), keepAlive);
  }

  public static RunningServer on(Path root) {
    return on(root, Clock.systemUTC());
  }

  /** One that stops at once, because its client keeps no connection. */
  static RunningServer brieflyOn(Path root) {
    return new RunningServer(root, started(root, Clock.systemUTC()), false);
  }

  public static RunningServer on(Path root, Clock clock) {
    return new RunningServer(root, started(root, clock), true);
  }

  /** One with so much patience with those who hold its ledger. */
  public static RunningServer on(Path root, Duration patience) {
    return new RunningServer(
        root,
        IngestServer.start(
            new ServerOptions(root, "127.0.0.1", 0, null, "test"), Clock.systemUTC(), patience),
        true);
  }

  /** One that judges slow peers by another clock. */
  public static RunningServer judgingPeersBy(Path root, SettableClock peers) {
    return new RunningServer(
        root,
        IngestServer.start(
            new ServerOptions(root, "127.0.0.1", 0, null, "test"),
            Clock.systemUTC(),
            BatchLedger.PATIENCE,
            System::nanoTime,
            peers::nanos),
        true);
  }

  private static IngestServer started(Path root, Clock clock) {
    return started(new ServerOptions(root, "127.0.0.1", 0, null, "test"), clock);
  }

  public static RunningServer on(ServerOptions options, Clock clock) {
    return new RunningServer(options.root(), started(options, clock), false);
  }

  private static IngestServer started(ServerOptions options, Clock clock) {
    return IngestServer.start(
        options,
        clock,
        BatchLedger.PATIENCE,
        clock instanceof SettableClock settable ? settable::nanos : System::nanoTime);
  }

  public void housekeep() {
    server.housekeep();
  }

  public ApiClient api() {
    return api;
  }

  public String url() {
    return server.url();
  }

  public Path bag(String batch) {
    return IngestServer.bag(root, batch);
  }

  /** Sends bytes as they are and reads the answer until the server closes. */
  String exchange(byte[] request) throws IOException {
    try (Socket socket = connect()) {
      socket.getOutputStream().write(request);
      socket.getOutputStream().flush();
      return readAll(socket);
    }
  }

  public Socket connect() throws IOException {
    URI uri = URI.create(server.url());
    Socket socket = new Socket(uri.getHost(), uri.getPort());
    socket.setSoTimeout(MAX_MILLIS);
    return socket;
  }

  public static String readAll(Socket socket) throws IOException {
    try (InputStream in = socket.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
