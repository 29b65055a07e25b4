package dev.archive.server.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.ledger.BatchLedger;
import dev.archive.model.BatchId;
import dev.archive.model.LogicalPath;
import dev.archive.model.Operation;
import dev.archive.model.Sha256;
import dev.archive.server.http.SigningKeys;
import dev.archive.server.http.UrlSigner;
import dev.archive.storage.DirectoryByteStore;
import dev.archive.storage.Incoming;
import dev.archive.testing.Trees;
import dev.archive.wire.Bundle;
import dev.archive.wire.Messages.InitRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a bundle waits for, seen with a disk that syncs nothing until the test lets it. */
@Timeout(60)
class BundleDurabilityTest {
  private static final Operation SOMEBODY = Operation.unnamed("test");

  @TempDir Path root;

  @Test
  void bundleWaitsForItsBytesThenForItsNamesAndOnlyThenTellsTheLedger() throws Exception {
    BlockingQueue<Runnable> syncs = new LinkedBlockingQueue<>();
    Clock clock = Clock.systemUTC();
    try (BatchLedger ledger =
        new BatchLedger(root.resolve("state.db"), clock, work -> new Thread(work, "ledger"))) {
      DirectoryByteStore store = new DirectoryByteStore(root, syncs::add);
      Activity activity = new Activity(ledger, clock, Duration.ofDays(1));
      IngestService service =
          new IngestService(
              ledger,
              store,
              store::spool,
              new UrlSigner(new SigningKeys(root, System::nanoTime), clock, UrlSigner.LIFE),
              activity,
              clock,
              new Random(1));
      String batch =
          service.init(new InitRequest("me", "/", 2L, 2L, null, null, null), SOMEBODY).batchId();
      FutureTask<Object> bundle =
          new FutureTask<>(
              () ->
                  Incoming.of(
                      new ByteArrayInputStream(tar()),
                      service.bundle(BatchId.parse(batch), SOMEBODY),
                      1 << 16));
      Thread taking = new Thread(bundle, "taking");
      taking.start();

      awaitWaiting(bundle, taking, syncs);
      assertFalse(bundle.isDone(), "a bundle was answered while its bytes were not synced");
      assertEquals(List.of(), named(), "files got their names before their bytes were synced");
      syncs.remove().run();
      assertEquals(List.of(), named(), "files got their names before all bytes were synced");
      syncs.remove().run();

      awaitWaiting(bundle, taking, syncs);
      assertFalse(bundle.isDone(), "a bundle was answered while its names were not synced");
      assertEquals(2, named().size());
      long completed = ledger.batch(BatchId.parse(batch)).completedFiles();
      assertEquals(0, completed, "the ledger was told of files whose names were not synced");
      syncs.remove().run();
      assertFalse(bundle.isDone(), "a bundle was answered while a directory was not synced");
      syncs.remove().run();
      bundle.get();
      assertEquals(2, ledger.batch(BatchId.parse(batch)).completedFiles());
      taking.join();
    }
  }

  private static byte[] tar() throws IOException {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    try (Bundle.Writer writer = new Bundle.Writer(tar)) {
      for (String path : List.of("/d/one", "/e/two")) {
        byte[] content = {1};
        writer.add(LogicalPath.parse(path), "x/y", Sha256.of(content), content, content.length);
      }
    }
    return tar.toByteArray();
  }

  /** Until it waits for a sync, or has ended without. */
  private static void awaitWaiting(
      FutureTask<?> bundle, Thread taking, BlockingQueue<Runnable> syncs) {
    for (int tries = 0; tries < 20_000; tries++) {
      // One look at the stack: two could see the thread in two places.
      StackTraceElement[] stack = taking.getStackTrace();
      boolean waits = Arrays.stream(stack).anyMatch(frame -> frame.getMethodName().equals("join"));
      boolean forSync =
          Arrays.stream(stack)
              .anyMatch(frame -> frame.getClassName().startsWith("dev.archive.storage."));
      if (bundle.isDone() || waits && forSync && syncs.size() >= 2) {
        return;
      }
      LockSupport.parkNanos(1_000_000);
    }
    assertTrue(bundle.isDone(), "neither waits for a sync nor ends");
  }

  private List<Path> named() throws IOException {
    Path batches = root.resolve("batches");
    return Files.exists(batches) ? Trees.files(batches) : List.of();
  }
}
