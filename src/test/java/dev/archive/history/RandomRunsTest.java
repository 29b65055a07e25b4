package dev.archive.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.history.Call.Unknown;
import dev.archive.model.EventKind;
import dev.archive.server.IngestServer;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whole runs with faults, each held against its history. */
class RandomRunsTest {
  private static final int RUNS = Integer.getInteger("archive.histories", 20);

  @Test
  void everyRunIsExplainedByItsHistory() throws Exception {
    long first = Long.getLong("archive.seed", System.nanoTime() >>> 20);
    System.out.printf("histories: %d runs, seeds %d to %d%n", RUNS, first, first + RUNS - 1);
    long calls = 0;
    long unknown = 0;
    long replaced = 0;
    Path root = Linearizability.directory();
    try (IngestServer server = ServerFixture.start(root)) {
      for (long seed = first; seed < first + RUNS; seed++) {
        RandomRun run = new RandomRun(seed, server, root);
        Evidence evidence = run.run();
        assertEquals(
            List.of(),
            HistoryChecker.violations(evidence),
            () ->
                String.join(
                    "\n",
                    "-Darchive.seed=" + run.seed() + " -Darchive.histories=1",
                    "faults: " + run.decisions(),
                    "" + evidence));
        calls += evidence.calls().size();
        unknown +=
            evidence.calls().stream().filter(each -> each.outcome() instanceof Unknown).count();
        replaced +=
            evidence.events().stream()
                .filter(each -> each.event().kind() == EventKind.REPLACED)
                .count();
      }
    } finally {
      Trees.delete(root);
    }
    System.out.printf(
        "histories: %d calls, %d of unknown outcome, %d replaced another%n",
        calls, unknown, replaced);
    assertTrue(unknown > 0, "no outcome was unknown: the faults did nothing");
    assertTrue(replaced > 0, "no registration was replaced: the clients never met");
  }
}
