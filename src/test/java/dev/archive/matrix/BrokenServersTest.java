package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.client.run.QuickRun;
import dev.archive.model.ErrorCode;
import dev.archive.testing.FaultProxy;
import dev.archive.testing.KeyValueIngestOptions;
import dev.archive.testing.KeyValueIngestOptions.Variant;
import dev.archive.testing.KeyValueIngestServer;
import dev.archive.testing.Match;
import dev.archive.testing.Rules;
import dev.archive.testing.Trees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Servers that lose updates, with a network that fails before them: never done, and not all there.
 */
@Timeout(120)
class BrokenServersTest {
  @TempDir Path directory;

  @EverySeed
  void brokenStandInsWithNetworkFaultsOnTop(long seed) throws Exception {
    for (Variant variant : Variant.values()) {
      Path place = Files.createDirectory(directory.resolve(variant.toString()));
      Path tree = Trees.small(place.resolve("tree"), 12, seed);
      KeyValueIngestOptions options =
          KeyValueIngestOptions.of(variant).interleave(4).staleReads(1).seed(seed).build();
      try (KeyValueIngestServer server = new KeyValueIngestServer(options).start();
          FaultProxy proxy =
              FaultProxy.start(
                  server.url().getHost(), server.url().getPort(), seed, Rules.none())) {
        server.presignAt(proxy.uri());
        for (double rate : new double[] {0.15, 0}) {
          proxy.setRules(
              Rules.chaos(Match.request("(POST|PUT|GET) .*").withProbability(rate), false));
          QuickRun run = QuickRun.of(proxy.uri().toString(), tree, place.resolve("state"));
          if (run.failure() != null) {
            ErrorCode code = run.failure().code();
            assertTrue(
                code == ErrorCode.STATE_DIFFERS || code == ErrorCode.BAD_ANSWER || code.retryable(),
                code + ": " + run.failure().getMessage() + "\n" + proxy.log());
          } else if (run.report().receipt() != null) {
            assertHolds(server, run.report().receipt().batchId().value(), tree, proxy);
          }
        }
      }
    }
  }

  /** Whatever was handed on under the receipt's batch is the whole tree, byte for byte. */
  private static void assertHolds(
      KeyValueIngestServer server, String batch, Path tree, FaultProxy proxy) throws Exception {
    Set<String> keys = new HashSet<>();
    for (Path file : Trees.files(tree)) {
      String key = "staging/" + batch + "/" + tree.relativize(file);
      keys.add(key);
      assertEquals(Trees.sha256(file), server.objects().get(key).sha256(), proxy::log);
    }
    long handedOn =
        server.enqueued().stream()
            .filter(each -> each.batchId().equals(batch))
            .peek(each -> assertEquals(keys, each.files().keySet(), proxy::log))
            .count();
    assertTrue(handedOn > 0, proxy::log);
  }
}
