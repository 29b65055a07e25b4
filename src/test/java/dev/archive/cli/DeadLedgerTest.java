package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.ledger.FaultyDriver;
import dev.archive.server.ApiClient;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An error in the thread that writes the ledger ends the server. */
@Timeout(60)
class DeadLedgerTest {
  @TempDir Path root;

  @Test
  void serveEndsWithAFailureAndTheCallInFlightIsAnswered() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    try (FaultyDriver driver = FaultyDriver.install()) {
      FutureTask<CommandRun> serve =
          new FutureTask<>(
              () ->
                  CommandRun.of(
                      Map.of(),
                      "serve",
                      "--root",
                      root.toString(),
                      "--listen",
                      "127.0.0.1:" + port));
      new Thread(serve, "serve").start();
      ApiClient api = new ApiClient("http://127.0.0.1:" + port, false);
      awaitReady(api, serve);
      driver.failNext("INSERT INTO batch", new StackOverflowError("planted"));
      api.post("/api/batches/init", ApiClient.initRequest(1, 0)).expect(503, "UNAVAILABLE");
      CommandRun run = serve.get(30, TimeUnit.SECONDS);
      assertNotEquals(0, run.exit());
      assertTrue(run.err().contains("the ledger closed after an internal error"), run.err());
      assertEquals(1, run.errLines().stream().filter(line -> line.startsWith("archive:")).count());
    }
  }

  private static void awaitReady(ApiClient api, FutureTask<CommandRun> serve) {
    while (true) {
      assertTrue(!serve.isDone(), "it did not start");
      try {
        api.get("/health/ready").expect(200);
        return;
      } catch (AssertionError notYet) {
        Thread.onSpinWait();
      }
    }
  }
}
