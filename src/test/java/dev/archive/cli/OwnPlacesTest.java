package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.server.IngestServer;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program does not archive itself. */
class OwnPlacesTest {
  @TempDir Path directory;
  private Path user;

  @BeforeEach
  void someoneLivesHere() throws IOException {
    user = Files.createDirectory(directory.resolve("user"));
    Trees.small(user.resolve("documents"), 10, 1);
    Trees.file(user.resolve(".cache/archive/classes-1-2-3.jsa"), "classes");
  }

  private CommandRun run(String... args) {
    return CommandRun.of(Map.of("HOME", user.toString()), args);
  }

  private Path root() {
    return user.resolve(".local/share/archive");
  }

  private List<Path> archived(CommandRun run) throws IOException {
    Path data = root().resolve("batches").resolve(run.receiptField("batch_id")).resolve("data");
    return Trees.files(data).stream().map(data::relativize).toList();
  }

  private static long leftOut(CommandRun run) {
    return run.errLines().stream().filter(line -> line.contains(" is left out: ")).count();
  }

  @Test
  void aHomeDirectoryWithTheArchiveInsideIsUnchangedTheSecondAndThirdTime() throws IOException {
    CommandRun first = run("upload", "--json", user.toString());
    assertEquals(0, first.exit(), first.err());
    assertEquals("10", first.receiptField("files"));
    assertTrue(archived(first).stream().allMatch(path -> path.startsWith("documents")));
    for (int i = 0; i < 2; i++) {
      CommandRun next = run("upload", user.toString());
      assertEquals(0, next.exit(), next.err());
      assertTrue(next.err().contains("nothing has changed"), next.err());
      // The root, journals, receipts and the cache.
      assertEquals(4, leftOut(next), next.err());
    }
    CommandRun verified = run("verify", first.receiptField("batch_id"), user.toString());
    assertEquals(0, verified.exit(), verified.err());
  }

  @Test
  void placesAreRecognisedThroughLinksAndRelativeNames() throws IOException {
    Files.createSymbolicLink(directory.resolve("link"), user);
    Path here = Path.of("").toAbsolutePath();
    for (int i = 0; i < 2; i++) {
      CommandRun run =
          CommandRun.of(
              Map.of("HOME", user.toString(), "ARCHIVE_HOME", directory + "/link/../user/a"),
              "upload",
              "--state-dir",
              here.relativize(user.resolve("documents/state")).toString(),
              directory.resolve("link").toString());
      assertEquals(0, run.exit(), run.err());
      assertEquals(3 + i, leftOut(run), run.err());
      assertEquals(i == 1, run.err().contains("nothing has changed"), run.err());
    }
  }

  @Test
  void theRootOfAnotherArchiveIsLeftOutAndWhatOnlyLooksLikeOneIsNot() throws Exception {
    try (IngestServer other = ServerFixture.start(user.resolve("served"))) {
      Trees.file(user.resolve("looks/state.db"), "no ledger");
      Trees.file(user.resolve("looks/signing.key"), "no key");
      Trees.file(user.resolve("looks/batches/a"), "a");
      Trees.file(user.resolve("looks/staging/b"), "b");
      CommandRun run = run("upload", "--json", "--server", other.url(), user.toString());
      assertEquals(0, run.exit(), run.err());
      assertEquals("14", run.receiptField("files"));
      assertTrue(run.err().contains("served is left out: it is the root of an archive"), run.err());
    }
  }

  @Test
  void whatChangesMeanwhileIsRefusedAsASourceAndABagIsNot() throws IOException {
    CommandRun first = run("upload", "--json", user.resolve("documents").toString());
    String bag = root().resolve("batches").resolve(first.receiptField("batch_id")).toString();
    for (Path refused :
        List.of(root(), root().resolve("staging"), user.resolve(".local/state/archive/runs"))) {
      CommandRun run = run("upload", refused.toString());
      assertEquals(2, run.exit(), run.err());
      assertTrue(run.err().contains("changes meanwhile"), run.err());
    }
    for (String allowed : List.of(bag, user.resolve(".local/state/archive/receipts").toString())) {
      CommandRun run = run("upload", allowed);
      assertEquals(0, run.exit(), run.err());
      assertFalse(run.err().contains("left out"), run.err());
    }
  }
}
