package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.client.run.QuickRun;
import dev.archive.model.ErrorCode;
import dev.archive.testing.KeyValueIngestOptions;
import dev.archive.testing.KeyValueIngestOptions.AssemblyFault;
import dev.archive.testing.KeyValueIngestOptions.Call;
import dev.archive.testing.KeyValueIngestOptions.Variant;
import dev.archive.testing.KeyValueIngestServer;
import dev.archive.testing.Trees;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A campaign against the stand-ins of all existing deployments, whose storage does not assemble
 * what it should and whose answers get lost: never done with an object missing or different.
 *
 * <p>By default one seed with files of bytes where the deployments have KiB, five at once; {@code
 * -Darchive.peers=N} runs the seeds 1 to N with files from 1 byte to 30 MB, and with {@code
 * -Darchive.peers.scale=1} in bytes again.
 */
@Execution(ExecutionMode.SAME_THREAD)
class ExistingServersTest {
  private static final int SEEDS = Integer.getInteger("archive.peers", 0);
  private static final int SCALE = Integer.getInteger("archive.peers.scale", SEEDS > 0 ? 1024 : 1);
  private static final int MIB = 1024 * SCALE;
  private static final int[] PARALLEL = SEEDS > 0 ? new int[] {1, 5, 16, 64} : new int[] {5};

  @TempDir Path directory;

  /** What goes wrong at the server. */
  private enum Fault {
    NONE,
    ASSEMBLING_FAILS_ONCE,
    ASSEMBLING_FAILS_FOR_EVER,
    ASSEMBLING_FAILS_UNANSWERED,
    ASSEMBLED_UNANSWERED,
    ALL_ASSEMBLED_UNANSWERED,
    START_LOST,
    PUT_LOST,
    COMPLETE_LOST,
    FINALIZE_LOST,
    STALE_READS;

    /** Whether the server takes the plan in the batches that the client may open. */
    boolean leavesAWay() {
      return switch (this) {
        case NONE,
            ASSEMBLING_FAILS_ONCE,
            ASSEMBLING_FAILS_UNANSWERED,
            ASSEMBLED_UNANSWERED,
            PUT_LOST,
            FINALIZE_LOST ->
            true;
        case ASSEMBLING_FAILS_FOR_EVER,
            ALL_ASSEMBLED_UNANSWERED,
            START_LOST,
            COMPLETE_LOST,
            STALE_READS ->
            false;
      };
    }

    KeyValueIngestOptions.Builder with(KeyValueIngestOptions.Builder options, int seed) {
      int after = seed % 3;
      int every = 2 + seed % 7;
      return switch (this) {
        case NONE -> options;
        case ASSEMBLING_FAILS_ONCE -> options.assembly(AssemblyFault.FAILS, after, 1);
        case ASSEMBLING_FAILS_FOR_EVER ->
            options.assembly(AssemblyFault.FAILS, 0, Integer.MAX_VALUE);
        case ASSEMBLING_FAILS_UNANSWERED ->
            options.assembly(AssemblyFault.FAILS_UNANSWERED, after, 1);
        case ASSEMBLED_UNANSWERED -> options.assembly(AssemblyFault.UNANSWERED, after, 1);
        case ALL_ASSEMBLED_UNANSWERED ->
            options.assembly(AssemblyFault.UNANSWERED, 0, Integer.MAX_VALUE);
        case START_LOST -> options.loseAnswerEvery(every, Call.START);
        case PUT_LOST -> options.loseAnswerEvery(every, Call.PUT);
        case COMPLETE_LOST -> options.loseAnswerEvery(every, Call.COMPLETE);
        case FINALIZE_LOST -> options.loseAnswerEvery(2, Call.FINALIZE);
        case STALE_READS -> options.staleReads(1 + seed % 3);
      };
    }
  }

  @Test
  void neverDoneWithAnObjectMissingOrDifferent(TestReporter reporter) throws Exception {
    Map<String, Integer> tally = new TreeMap<>();
    List<String> wrong = new ArrayList<>();
    for (int seed = 1; seed <= Math.max(1, SEEDS); seed++) {
      Path tree = tree(seed);
      Map<String, String> digests = digests(tree);
      for (Variant variant : Variant.values()) {
        for (Fault fault : Fault.values()) {
          for (int parallel : PARALLEL) {
            String row = variant + " " + fault;
            String outcome = run(variant, fault, parallel, seed, tree, digests);
            tally.merge(row + ": " + outcome, 1, Integer::sum);
            tally.merge("ALL: " + outcome, 1, Integer::sum);
            boolean done = outcome.equals(DONE);
            if (outcome.startsWith(FALSE_SUCCESS) || fault.leavesAWay() && !done) {
              wrong.add(row + " parallel " + parallel + " seed " + seed + ": " + outcome);
            }
          }
        }
      }
      Trees.delete(tree);
      reporter.publishEntry("seeds 1 to " + seed, tally + " " + wrong);
    }
    assertEquals(List.of(), wrong);
  }

  private static final String DONE = "exit 0";
  private static final String FALSE_SUCCESS = "FALSE SUCCESS";

  private String run(
      Variant variant, Fault fault, int parallel, int seed, Path tree, Map<String, String> digests)
      throws Exception {
    KeyValueIngestOptions options =
        fault
            .with(
                KeyValueIngestOptions.of(variant)
                    .seed(seed)
                    .interleave(Math.min(parallel, 8))
                    .multipart(5L * MIB, 10L * MIB)
                    .keepBytesUpTo(16L << 20)
                    .jitter(Duration.ofMillis(1)),
                seed)
            .build();
    Path state = directory.resolve("state-" + variant + fault + parallel + "-" + seed);
    try (KeyValueIngestServer server = new KeyValueIngestServer(options).start()) {
      QuickRun run =
          QuickRun.of(server.url().toString(), tree, state, Duration.ofSeconds(60), parallel);
      if (run.failure() != null) {
        ErrorCode code = run.failure().code();
        assertTrue(
            code == ErrorCode.STATE_DIFFERS || code.retryable(), code + ": " + run.failure());
        return code == ErrorCode.STATE_DIFFERS ? "exit 4" : "exit 5, " + code;
      }
      assertEquals(List.of(), run.report().failures());
      return holds(server, run.report().receipt().batchId().value(), digests);
    }
  }

  /** Whether the batch was handed on with all files, and each has its object. */
  private static String holds(
      KeyValueIngestServer server, String batch, Map<String, String> digests) {
    Map<String, KeyValueIngestServer.StoredObject> objects = server.objects();
    for (Map.Entry<String, String> file : digests.entrySet()) {
      String key = "staging/" + batch + "/" + file.getKey();
      if (!objects.containsKey(key)) {
        return FALSE_SUCCESS + ": an object is missing";
      }
      if (!objects.get(key).sha256().equals(file.getValue())) {
        return FALSE_SUCCESS + ": an object is different";
      }
    }
    boolean handedOn =
        server.enqueued().stream()
            .anyMatch(
                each -> each.batchId().equals(batch) && each.files().size() == digests.size());
    return handedOn ? DONE : FALSE_SUCCESS + ": the batch was not handed on as planned";
  }

  /** Some small files, and some whose sizes are next to those from which parts are made. */
  private Path tree(int seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    Path tree = directory.resolve("tree-" + seed);
    Trees.random(tree.resolve("one.txt"), 1, seed);
    for (int i = 0; i < 5; i++) {
      Trees.random(tree.resolve("small/" + i), 1 + random.nextInt(MIB), random.nextLong());
    }
    int[] edges = {5 * MIB, 10 * MIB, 15 * MIB, 20 * MIB};
    for (int i = 0; i < 3; i++) {
      int size = edges[random.nextInt(i == 0 ? 1 : edges.length)] + random.nextInt(3) - 1;
      Trees.random(tree.resolve("edge/" + i), size, random.nextLong());
    }
    int large = 5 * MIB + random.nextInt(seed % 4 == 0 ? 25 * MIB : 6 * MIB);
    Trees.random(tree.resolve("large.bin"), large, random.nextLong());
    return tree;
  }

  private static Map<String, String> digests(Path tree) throws Exception {
    Map<String, String> digests = new TreeMap<>();
    for (Path file : Trees.files(tree)) {
      digests.put(tree.relativize(file).toString(), Trees.sha256(file));
    }
    return digests;
  }
}
