package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.server.IngestServer;
import dev.archive.testing.Direction;
import dev.archive.testing.FaultProxy;
import dev.archive.testing.Match;
import dev.archive.testing.Offset;
import dev.archive.testing.Rule;
import dev.archive.testing.Rules;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A bundle that does not come through ends all the same with every file held once. */
class BundleFaultsTest {
  private static final Match BUNDLES = Match.request("POST .*/bundle");

  @TempDir Path directory;

  static Stream<Arguments> faults() {
    return Stream.of(
            fault("refused as too large", Rule.status(BUNDLES, 413, "")),
            fault("refused as nonsense", Rule.status(BUNDLES.first(1), 400, "")),
            fault("busy", Rule.status(BUNDLES.first(2), 503, "0")),
            fault("answer lost", Rule.dropResponse(BUNDLES.first(3))),
            fault("sent twice", Rule.dup(BUNDLES)),
            fault("cut", Rule.rst(BUNDLES.first(2), Direction.REQUEST, Offset.body(100_000))),
            fault("answer cut", Rule.rst(BUNDLES.first(1), Direction.RESPONSE, Offset.body(900))),
            fault("a name damaged", flip(800)),
            fault("a header damaged", flip(1100)),
            fault("content damaged", flip(30_000)))
        .map(each -> Arguments.of(each));
  }

  private static Rule flip(int offset) {
    return Rule.flip(BUNDLES.first(1), Direction.REQUEST, Offset.body(offset), 1);
  }

  private static Named<Rule> fault(String name, Rule rule) {
    return Named.of(name, rule);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void theBatchHoldsEveryFile(Rule rule) throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 200, 1);
    try (IngestServer server = ServerFixture.start(directory.resolve("root"));
        FaultProxy proxy =
            FaultProxy.start(
                URI.create(server.url()).getHost(),
                URI.create(server.url()).getPort(),
                1,
                Rules.of(rule))) {
      String url = proxy.uri().toString().replaceFirst("/$", "");
      CommandRun run =
          CommandRun.of(
              Map.of("XDG_STATE_HOME", directory.resolve("state").toString()),
              "upload",
              "--json",
              "--server",
              url,
              tree.toString());
      assertEquals(0, run.exit(), () -> run.err() + proxy.log());
      assertTrue(proxy.awaitFaults(rule.action().kind(), 1, 1), () -> "" + proxy.log());
      assertEquals("402", run.receiptField("version"));
      Path data =
          directory.resolve("root/batches").resolve(run.receiptField("batch_id")).resolve("data");
      List<Path> files = Trees.files(tree);
      assertEquals(files.size(), Trees.files(data).size());
      for (Path file : files) {
        assertEquals(-1, Files.mismatch(file, data.resolve(tree.relativize(file).toString())));
      }
    }
  }
}
