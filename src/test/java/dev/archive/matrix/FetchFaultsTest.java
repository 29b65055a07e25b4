package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.server.IngestServer;
import dev.archive.testing.Action;
import dev.archive.testing.ChildJvm;
import dev.archive.testing.DefaultSignals;
import dev.archive.testing.Direction;
import dev.archive.testing.FaultProxy;
import dev.archive.testing.Match;
import dev.archive.testing.Offset;
import dev.archive.testing.Rule;
import dev.archive.testing.Rules;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fetching through faults of the network, killed and interrupted: what has its name is right, and
 * the same command fetches the rest. {@code -Darchive.files=20001 -Darchive.kills=20
 * -Darchive.large=2147483648} makes the campaign of it.
 */
class FetchFaultsTest {
  private static final int FILES = Integer.getInteger("archive.files", 150);
  private static final int KILLS = Integer.getInteger("archive.kills", 2);
  private static final long LARGE = Long.getLong("archive.large", 9 << 20);

  @TempDir Path directory;
  private Path tree;
  private Path target;
  private IngestServer server;
  private FaultProxy proxy;
  private String batch;

  @BeforeEach
  void store() throws IOException {
    tree = Trees.small(directory.resolve("tree"), FILES, 1);
    Trees.random(tree.resolve("large"), LARGE, 2);
    Trees.random(tree.resolve("middle"), 200_000, 3);
    target = directory.resolve("target");
    server = ServerFixture.start(directory.resolve("root"));
    URI uri = URI.create(server.url());
    proxy = FaultProxy.start(uri.getHost(), uri.getPort(), 1, Rules.none());
    CommandRun upload =
        CommandRun.of(environment(), "upload", "--json", "--server", server.url(), tree.toString());
    assertEquals(0, upload.exit(), upload.err());
    batch = upload.receiptField("batch_id");
  }

  @AfterEach
  void stop() {
    proxy.close();
    server.close();
  }

  private Map<String, String> environment() {
    return Map.of("XDG_STATE_HOME", directory.resolve("state").toString());
  }

  private String[] fetch(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("fetch", "--server", url(), batch, "--to", target.toString(), "--json"));
    args.addAll(List.of(more));
    return args.toArray(String[]::new);
  }

  private String url() {
    return "http://127.0.0.1:" + proxy.port();
  }

  private static Map<String, String> files(Path root) throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path each : all.filter(Files::isRegularFile).toList()) {
        files.put(root.relativize(each).toString(), Trees.sha256(each));
      }
    }
    return files;
  }

  /** What has its name is whole at any moment; what has none yet comes and goes. */
  private long placed() throws IOException {
    long[] placed = new long[1];
    if (!Files.exists(target)) {
      return 0;
    }
    Files.walkFileTree(
        target,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) {
            return each.getFileName().toString().startsWith(".archive-fetch-")
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path each, BasicFileAttributes attributes)
              throws IOException {
            Path original = tree.resolve(target.relativize(each));
            assertEquals(Files.size(original), attributes.size(), each.toString());
            placed[0]++;
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path each, IOException e) {
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path each, IOException e) {
            return FileVisitResult.CONTINUE;
          }
        });
    return placed[0];
  }

  static List<Rule> faults() {
    Match tar = Match.request("GET .*/tar.*").first(1);
    Match content = Match.request("GET .*/content[?]path=.*").first(1);
    Match status = Match.request("GET .*/status.*").first(1);
    return List.of(
        Rule.rst(tar, Direction.RESPONSE, Offset.body(50_000)),
        Rule.fin(tar, Direction.RESPONSE, Offset.body(1)),
        Rule.flip(tar, Direction.RESPONSE, Offset.body(700), 3),
        Rule.status(tar, 503, "0"),
        Rule.html(tar, 502, "<html>bad gateway</html>"),
        Rule.rst(content, Direction.RESPONSE, Offset.body(3_000_000)),
        Rule.fin(content, Direction.RESPONSE, Offset.lastByte()),
        Rule.flip(content, Direction.RESPONSE, Offset.body(100_000), 0),
        Rule.status(content, 500, "0"),
        Rule.dropResponse(status));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void whatFailsOnceIsAskedForAgain(Rule fault) throws IOException {
    proxy.setRules(Rules.of(fault));
    CommandRun run = CommandRun.of(environment(), fetch());
    assertEquals(0, run.exit(), run.err());
    assertTrue(proxy.stats().allFaults() > 0, "the fault was made");
    assertEquals(files(tree), files(target));
  }

  private Process start(String... args) throws Exception {
    List<String> command = new ArrayList<>(DefaultSignals.before());
    command.addAll(ChildJvm.program());
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.environment().putAll(environment());
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("output").toFile()));
    return builder.start();
  }

  private void assertEnds(int exit, Process process) throws Exception {
    assertTrue(process.waitFor(Math.max(120, FILES / 10), TimeUnit.SECONDS));
    assertEquals(exit, process.exitValue(), Files.readString(directory.resolve("output")));
  }

  @Test
  void killedAgainAndAgainItEndsWithEveryFile() throws Exception {
    proxy.setRules(Rules.chaos(0.02));
    for (int kill = 1; kill <= KILLS; kill++) {
      long wanted = (long) FILES * kill / (KILLS + 1);
      Process process = start(fetch());
      while (process.isAlive() && placed() < wanted) {
        process.waitFor(20, TimeUnit.MILLISECONDS);
      }
      process.destroyForcibly().waitFor();
      placed();
    }
    assertEnds(0, start(fetch()));
    assertEquals(files(tree), files(target));
  }

  @Test
  void signalEndsItWithItsCodeAndTheNextGoesOn() throws Exception {
    proxy.setRules(
        Rules.of(
            Rule.stall(
                Match.request("GET .*/content.*large.*"),
                Direction.RESPONSE,
                Offset.body(4_000_000))));
    Process process = start(fetch());
    assertTrue(proxy.awaitFaults(Action.Kind.STALL, 1, 60_000));
    new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor();
    assertEnds(130, process);
    assertTrue(Files.readString(directory.resolve("output")).contains("what was fetched is kept"));
    proxy.setRules(Rules.none());
    assertEnds(0, start(fetch()));
    assertEquals(files(tree), files(target));
  }
}
