package dev.archive.server.http;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.history.Linearizability;
import dev.archive.server.RunningServer;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.Test;

/** The same over HTTP as of the ledger by itself. */
class LinearizableServerTest {
  private static final int HISTORIES = 300;

  @Test
  void everyHistoryOfTheServerHasAnOrder() throws IOException {
    Path root = Linearizability.directory();
    long before = HttpOperations.MADE.get();
    int wanted = Linearizability.histories(HISTORIES);
    try (RunningServer server = RunningServer.on(root)) {
      HttpOperations.api = server.api();
      HttpOperations.base = server.url();
      HttpOperations.signer =
          new UrlSigner(new SigningKeys(root, System::nanoTime), Clock.systemUTC(), UrlSigner.LIFE);
      Linearizability.check(HttpOperations.class, wanted);
    } finally {
      Trees.delete(root);
    }
    long checked = HttpOperations.MADE.get() - before;
    assertTrue(checked >= wanted, checked + " of " + wanted + " histories were run");
  }
}
