package dev.archive.testing;

import dev.archive.server.IngestServer;
import dev.archive.server.ServerOptions;
import java.nio.file.Path;
import java.time.Clock;

/** Servers for tests. */
public final class ServerFixture {
  private ServerFixture() {}

  /** A server on a free loopback port. */
  public static IngestServer start(Path root) {
    return IngestServer.start(
        new ServerOptions(root, "127.0.0.1", 0, null, "test"), Clock.systemUTC());
  }
}
