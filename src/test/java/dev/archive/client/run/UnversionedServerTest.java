package dev.archive.client.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.client.api.Endpoint;
import dev.archive.client.state.Trust;
import dev.archive.client.work.ImpatientPause;
import dev.archive.client.work.RecordedProgress;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.source.Filters;
import dev.archive.source.OwnPlaces;
import dev.archive.testing.KeyValueIngestOptions;
import dev.archive.testing.KeyValueIngestOptions.AssemblyFault;
import dev.archive.testing.KeyValueIngestOptions.Variant;
import dev.archive.testing.KeyValueIngestServer;
import dev.archive.testing.Trees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Against stand-ins for the deployments whose batch state loses updates: never done when something
 * is missing.
 */
class UnversionedServerTest {
  @TempDir Path directory;

  private final RecordedProgress progress = new RecordedProgress();

  @ParameterizedTest
  @CsvSource({
    "NAIVE, 1", "NAIVE, 5", "NAIVE, 64",
    "UNCOMPARED_VERSION, 1", "UNCOMPARED_VERSION, 5", "UNCOMPARED_VERSION, 64",
    "DURABLE_OBJECT, 1", "DURABLE_OBJECT, 5", "DURABLE_OBJECT, 64"
  })
  void everyRunEndsWithEveryFileInTheBatch(Variant variant, int parallel) throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 16, parallel);
    for (int seed = 1; seed <= 3; seed++) {
      KeyValueIngestOptions options =
          KeyValueIngestOptions.of(variant)
              .interleave(parallel)
              .quiet(Duration.ofMillis(3))
              .seed(seed)
              .build();
      try (KeyValueIngestServer server = new KeyValueIngestServer(options).start()) {
        RunReport report = run(server, tree, parallel);
        assertHolds(server, report, tree);
      }
    }
  }

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("archive.seeds", 2));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void staleReadsAndLostAnswersNeverMakeAFalseSuccess(long seed) throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 10, seed);
    for (Variant variant : Variant.values()) {
      KeyValueIngestOptions options =
          KeyValueIngestOptions.of(variant)
              .interleave(5)
              .staleReads(2)
              .loseAnswerEvery(7)
              .storageErrorsEvery(9)
              .seed(seed)
              .build();
      try (KeyValueIngestServer server = new KeyValueIngestServer(options).start()) {
        try {
          // Where the answer to finalize is lost it is asked for again, and such a server may
          // enqueue again.
          assertHolds(server, run(server, tree, 5), tree, true);
        } catch (ArchiveException e) {
          assertTrue(
              e.code() == ErrorCode.STATE_DIFFERS || e.code().retryable(),
              variant + " ended with " + e.code() + ": " + e.getMessage());
        }
      }
    }
  }

  @Test
  void aServerThatFailsFromSomeSizeOnEndsWithTheFilesNamed() throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 20, 1);
    KeyValueIngestOptions options =
        KeyValueIngestOptions.of(Variant.DURABLE_OBJECT).failFromFiles(10).build();
    try (KeyValueIngestServer server = new KeyValueIngestServer(options).start()) {
      ArchiveException e = failing(server, tree, 5);
      assertEquals(ErrorCode.STATE_DIFFERS, e.code(), e.getMessage());
      assertTrue(e.getMessage().contains("smaller batches"), e.getMessage());
      assertTrue(server.enqueued().isEmpty());
    }
  }

  @Test
  void aServerThatWantsAnotherRootPathSaysHowToNameOne() throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 3, 1);
    KeyValueIngestOptions options =
        KeyValueIngestOptions.of(Variant.NAIVE).refuseRootSlash().build();
    try (KeyValueIngestServer server = new KeyValueIngestServer(options).start()) {
      ArchiveException e = failing(server, tree, 5);
      assertEquals(ErrorCode.USAGE, e.code());
      assertTrue(e.getMessage().contains("--root-path"), e.getMessage());
    }
  }

  @Test
  void namesThatTheServerWouldStoreAsOthersAreNamedAndNothingIsFinalized() throws Exception {
    Path tree = directory.resolve("tree");
    List<String> names =
        List.of("scan#1.txt", "scan#2.txt", "a%20b.txt", "100%.txt", "back\\slash.txt");
    for (String name : names) {
      Trees.file(tree.resolve(name), "content of " + name);
    }
    Trees.file(tree.resolve("plain.txt"), "plain");
    KeyValueIngestOptions options =
        KeyValueIngestOptions.of(Variant.DURABLE_OBJECT).allowAnyName().build();
    try (KeyValueIngestServer server = new KeyValueIngestServer(options).start()) {
      RunReport report = run(server, tree, 5);
      assertEquals(names.size(), report.failures().size(), progress.problems.toString());
      for (String name : names) {
        assertTrue(
            progress.problems.stream().anyMatch(each -> each.contains(name)),
            name + " in " + progress.problems);
      }
      assertTrue(server.enqueued().isEmpty());
    }
  }

  @Test
  void filesThatTheServerRefusesAreNamedAndNothingIsFinalized() throws Exception {
    Path tree = directory.resolve("tree");
    Trees.file(tree.resolve("what?.txt"), "a name it refuses");
    Trees.file(tree.resolve("empty.txt"), "");
    Trees.file(tree.resolve("plain.txt"), "plain");
    try (KeyValueIngestServer server =
        new KeyValueIngestServer(KeyValueIngestOptions.of(Variant.NAIVE).build()).start()) {
      RunReport report = run(server, tree, 5);
      assertEquals(2, report.failures().size(), progress.problems.toString());
      assertTrue(server.enqueued().isEmpty());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"NAIVE", "UNCOMPARED_VERSION", "DURABLE_OBJECT"})
  void largeFilesGoInPartsAndArriveWhole(String variant) throws Exception {
    Path tree = directory.resolve("tree");
    Trees.random(tree.resolve("large.bin"), 3_000_000, 1);
    Trees.random(tree.resolve("larger.bin"), 4_500_001, 2);
    Trees.small(tree.resolve("small"), 6, 3);
    KeyValueIngestOptions options =
        KeyValueIngestOptions.of(Variant.valueOf(variant))
            .interleave(5)
            .multipart(1_000_000, 1_000_000)
            .build();
    try (KeyValueIngestServer server = new KeyValueIngestServer(options).start()) {
      assertHolds(server, run(server, tree, 5), tree);
    }
  }

  /**
   * The file's one complete call failed or was not answered: nothing that comes later proves it.
   */
  @ParameterizedTest
  @CsvSource({
    "NAIVE, FAILS",
    "NAIVE, FAILS_UNANSWERED",
    "NAIVE, UNANSWERED",
    "UNCOMPARED_VERSION, FAILS",
    "UNCOMPARED_VERSION, FAILS_UNANSWERED",
    "UNCOMPARED_VERSION, UNANSWERED",
    "DURABLE_OBJECT, FAILS",
    "DURABLE_OBJECT, FAILS_UNANSWERED",
    "DURABLE_OBJECT, UNANSWERED"
  })
  void aMultipartUploadThatWasNotAssembledIsGivenUpWithItsBatch(
      Variant variant, AssemblyFault fault) throws Exception {
    Path tree = treeWithLargeFiles();
    for (int after = 0; after < 2; after++) {
      for (int parallel : new int[] {1, 5}) {
        KeyValueIngestOptions options = inParts(variant).assembly(fault, after, 1).build();
        try (KeyValueIngestServer server = new KeyValueIngestServer(options).start()) {
          assertHolds(server, run(server, tree, parallel), tree);
          assertEquals(2, server.batches().size());
          assertTrue(
              progress.notes.stream()
                  .anyMatch(note -> note.contains(" is given up") && note.contains(".bin: ")),
              progress.notes.toString());
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "NAIVE, FAILS",
    "NAIVE, FAILS_UNANSWERED",
    "UNCOMPARED_VERSION, FAILS",
    "UNCOMPARED_VERSION, FAILS_UNANSWERED",
    "DURABLE_OBJECT, FAILS",
    "DURABLE_OBJECT, FAILS_UNANSWERED",
    "DURABLE_OBJECT, UNANSWERED"
  })
  void aMultipartUploadThatIsNeverAssembledEndsWithTheFileNamed(
      Variant variant, AssemblyFault fault) throws Exception {
    Path tree = treeWithLargeFiles();
    KeyValueIngestOptions options = inParts(variant).assembly(fault, 0, Integer.MAX_VALUE).build();
    try (KeyValueIngestServer server = new KeyValueIngestServer(options).start()) {
      ArchiveException e = failing(server, tree, 1);
      assertEquals(ErrorCode.STATE_DIFFERS, e.code(), e.getMessage());
      assertTrue(e.getMessage().contains("/large.bin: "), e.getMessage());
      assertTrue(e.getMessage().contains("nothing was finalized"), e.getMessage());
      assertFalse(e.getMessage().contains("smaller batches"), e.getMessage());
      assertTrue(progress.problems.get(0).startsWith("/large.bin: "), "" + progress.problems);
      assertEquals(3, server.batches().size(), "a bounded number of batches");
      assertTrue(server.enqueued().isEmpty());
    }
  }

  /** What a gateway answers in the server's place may hide that the file was marked. */
  @ParameterizedTest
  @ValueSource(ints = {400, 403, 408, 409, 413, 422, 429, 500, 502, 503, 504})
  void aCompleteOfPartsIsNotRepeatedAfterAnyError(int status) throws Exception {
    Path tree = directory.resolve("tree");
    Trees.random(tree.resolve("large.bin"), 30_000, 1);
    KeyValueIngestOptions options =
        inParts(Variant.DURABLE_OBJECT)
            .assembly(AssemblyFault.FAILS, 0, 1)
            .assemblyStatus(status)
            .build();
    try (KeyValueIngestServer server = new KeyValueIngestServer(options).start()) {
      assertHolds(server, run(server, tree, 1), tree);
      assertEquals(2, server.batches().size());
    }
  }

  @Test
  void theStatusOfAFileWhoseCompleteFailedProvesNothing() throws Exception {
    Path tree = directory.resolve("tree");
    Trees.random(tree.resolve("large.bin"), 30_000, 1);
    KeyValueIngestOptions options =
        inParts(Variant.UNCOMPARED_VERSION).assembly(AssemblyFault.FAILS, 0, 1).build();
    try (KeyValueIngestServer server = new KeyValueIngestServer(options).start()) {
      RunReport report = run(server, tree, 1);
      assertTrue(
          server.batches().values().stream().allMatch(batch -> batch.files().get(0).completed()),
          "both batches call it completed");
      assertHolds(server, report, tree);
    }
  }

  @Test
  void aWaitForStaleReadsSaysWhatItWaitsForAndHowLong() throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 8, 1);
    KeyValueIngestOptions options =
        KeyValueIngestOptions.of(Variant.UNCOMPARED_VERSION).interleave(8).build();
    try (KeyValueIngestServer server = new KeyValueIngestServer(options).start()) {
      assertHolds(server, run(server, tree, 8), tree);
    }
    String note =
        progress.notes.stream().filter(each -> each.contains("63 s")).findFirst().orElseThrow();
    assertTrue(
        note.matches("the server does not show \\d files? of batch .* Ctrl-C is safe"), note);
    assertTrue(note.contains("(the first is /box-"), note);
  }

  @Test
  void twoFilesOfOneNameAreTwoLines() throws Exception {
    Path tree = directory.resolve("tree");
    Trees.file(tree.resolve("a/same?.txt"), "one");
    Trees.file(tree.resolve("b/same?.txt"), "two");
    try (KeyValueIngestServer server =
        new KeyValueIngestServer(KeyValueIngestOptions.of(Variant.NAIVE).build()).start()) {
      run(server, tree, 1);
    }
    assertEquals(2, Set.copyOf(progress.problems).size(), progress.problems.toString());
    assertTrue(progress.problems.get(0).startsWith("/a/same?.txt: "), progress.problems.get(0));
  }

  private Path treeWithLargeFiles() throws Exception {
    Path tree = directory.resolve("tree");
    if (!Files.exists(tree)) {
      Trees.random(tree.resolve("large.bin"), 30_000, 1);
      Trees.random(tree.resolve("larger.bin"), 45_001, 2);
      Trees.small(tree.resolve("small"), 4, 3);
    }
    return tree;
  }

  private static KeyValueIngestOptions.Builder inParts(Variant variant) {
    return KeyValueIngestOptions.of(variant).multipart(10_000, 10_000);
  }

  private ArchiveException failing(KeyValueIngestServer server, Path tree, int parallel) {
    try {
      RunReport report = run(server, tree, parallel);
      throw new AssertionError("ended with " + report);
    } catch (ArchiveException e) {
      return e;
    }
  }

  private RunReport run(KeyValueIngestServer server, Path tree, int parallel) {
    return run(server.url().toString(), tree, parallel);
  }

  private RunReport run(String url, Path tree, int parallel) {
    UploadOptions options =
        new UploadOptions(
            List.of(tree),
            new UploadOptions.Server(Endpoint.open(url), url),
            "tester",
            "/",
            null,
            parallel,
            2,
            null,
            new UploadOptions.Repeat(directory.resolve("state"), false, false, Trust.FULL),
            new UploadOptions.Allow(false, false),
            Duration.ZERO,
            null,
            "test",
            OwnPlaces.NONE,
            Filters.NONE);
    return new UploadRun(
            options, progress, Clock.systemUTC(), new SplittableRandom(1), new ImpatientPause())
        .run();
  }

  private void assertHolds(KeyValueIngestServer server, RunReport report, Path tree)
      throws Exception {
    assertHolds(server, report, tree, false);
  }

  private void assertHolds(
      KeyValueIngestServer server, RunReport report, Path tree, boolean mayEnqueueAgain)
      throws Exception {
    List<Path> files = Trees.files(tree);
    assertEquals(List.of(), report.failures(), progress.problems.toString());
    assertEquals(files.size(), report.receipt().files());
    String batch = report.receipt().batchId().value();
    List<KeyValueIngestServer.Enqueued> enqueued = server.enqueued();
    Set<String> keys = new HashSet<>();
    for (Path file : files) {
      String key = "staging/" + batch + "/" + tree.relativize(file);
      keys.add(key);
      assertTrue(server.objects().containsKey(key), () -> "there is no object " + key);
      assertEquals(Trees.sha256(file), server.objects().get(key).sha256(), key);
    }
    assertTrue(enqueued.size() == 1 || mayEnqueueAgain, "enqueued: " + enqueued);
    assertFalse(enqueued.isEmpty());
    for (KeyValueIngestServer.Enqueued each : enqueued) {
      assertEquals(batch, each.batchId(), "only the batch of the receipt is enqueued");
      assertEquals(keys, each.files().keySet());
    }
  }
}
