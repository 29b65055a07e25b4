package dev.archive.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.archive.cli.CommandRun;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What of a source is archived, and that what is not is told. */
class ChoosingFilesTest {
  @TempDir Path directory;
  private Path tree;

  @BeforeEach
  void plant() throws IOException {
    tree = directory.resolve("tree");
    Trees.file(tree.resolve("a.tif"), "a");
    Trees.file(tree.resolve("a.tmp"), "aa");
    Trees.file(tree.resolve("box/b.tif"), "bbb");
    Trees.file(tree.resolve("box/keep.tmp"), "bbbb");
    Trees.file(tree.resolve("cache/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n");
    Trees.file(tree.resolve("cache/c.tif"), "ccccc");
    Trees.file(tree.resolve("Thumbs.db"), "junk");
  }

  private CommandRun run(String command, String... options) {
    List<String> line = new ArrayList<>(List.of(command));
    line.addAll(Arrays.asList(options));
    return CommandRun.in(directory.resolve("home"), line.toArray(String[]::new));
  }

  private CommandRun upload(String... options) {
    List<String> line = new ArrayList<>(List.of("--json"));
    line.addAll(Arrays.asList(options));
    line.add(tree.toString());
    return run("upload", line.toArray(String[]::new));
  }

  private List<String> archived(CommandRun run) throws IOException {
    assertEquals(0, run.exit(), run.err() + run.out());
    Path data =
        directory.resolve("home/batches").resolve(run.receiptField("batch_id")).resolve("data");
    try (Stream<Path> all = Files.walk(data)) {
      return all.filter(Files::isRegularFile)
          .map(each -> data.relativize(each).toString())
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--exclude *.tmp --exclude cache/; Thumbs.db a.tif box/b.tif",
        "--exclude *.tmp --include keep.tmp --exclude /cache; Thumbs.db a.tif box/b.tif box/keep.tmp",
        "--include *.tif; a.tif box/b.tif cache/c.tif",
        "--include=box/; box/b.tif box/keep.tmp",
        "--include *.tif --exclude box; a.tif cache/c.tif",
        "--exclude-caches --skip-junk; a.tif a.tmp box/b.tif box/keep.tmp",
        "--skip-junk --include Thumbs.db; Thumbs.db",
        "--exclude-if-present keep.tmp --exclude cache; Thumbs.db a.tif a.tmp",
        "--min-size 2 --max-size 3; a.tmp box/b.tif"
      })
  void optionsDecide(String options, String expected) throws IOException {
    CommandRun run = upload(options.split(" "));
    assertEquals(List.of(expected.split(" ")), archived(run));
    assertTrue(run.out().contains("\"event\":\"excluded\""), run.out());
  }

  @Test
  void filesOfRulesDecideLikewise() throws IOException {
    Trees.file(tree.resolve(".archiveignore"), "*.tmp\ncache/\n");
    Trees.file(tree.resolve("box/.archiveignore"), "!keep.tmp\n");
    assertEquals(
        List.of(
            ".archiveignore",
            "Thumbs.db",
            "a.tif",
            "box/.archiveignore",
            "box/b.tif",
            "box/keep.tmp"),
        archived(upload()));
    Path rules = Trees.file(directory.resolve("rules"), "# comment\n\n*.tif\nThumbs.db\r\n");
    assertEquals(
        List.of(".archiveignore", "box/.archiveignore", "box/keep.tmp"),
        archived(upload("--filter-from", rules.toString())));
    assertEquals(9, archived(upload("--no-archiveignore")).size());
    Files.writeString(rules, "!keep.tmp\n*.tmp\n");
    assertEquals(
        7, archived(upload("--no-archiveignore", "--filter-from", rules.toString())).size());
  }

  @Test
  void filesByTheirTime() throws IOException {
    FileTime old = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));
    for (Path each : Trees.files(tree)) {
      Files.setLastModifiedTime(each, old);
    }
    Files.setLastModifiedTime(tree.resolve("a.tif"), FileTime.from(Instant.now()));
    assertEquals(List.of("a.tif"), archived(upload("--newer-than", "2020-01-01T00:00:00Z")));
    assertEquals(List.of("a.tif"), archived(upload("--newer-than", "30d")));
    assertEquals(7, archived(upload("--newer-than", "2019-12-31T23:59:59Z")).size());
  }

  @Test
  void anExcludedDirectoryIsNotEnteredAndMayBeUnreadable() throws IOException {
    Path locked = tree.resolve("locked");
    Trees.file(locked.resolve("secret"), "s");
    // Root reads all the same: that it is not entered shows in what is counted.
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("---------"));
    try {
      CommandRun run = upload("--exclude", "locked");
      assertFalse(archived(run).contains("locked/secret"));
      assertTrue(
          run.out()
              .contains(
                  "{\"rule\":\"--exclude=locked\",\"files\":0,\"bytes\":0,\"directories\":1,\"others\":0}"),
          run.out());
    } finally {
      Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Test
  void theReceiptNamesRulesAndNumbersAndADryRunEveryName() throws IOException {
    CommandRun run = upload("--exclude", "*.tmp", "--skip-junk");
    String receipt = run("receipt", run.receiptField("batch_id")).out().replaceAll("\n +", "");
    assertTrue(receipt.contains("\"filters\":[\"--exclude=*.tmp\",\"--skip-junk\"]"), receipt);
    assertTrue(
        receipt.contains("{\"rule\":\"--exclude=*.tmp\",\"files\":2,\"bytes\":6,\"directories\":0"),
        receipt);
    assertTrue(receipt.contains("\"rule\":\"--skip-junk ([Tt]humbs.db)\",\"files\":1"), receipt);
    CommandRun dry = run("upload", "--dry-run", "--exclude", "*.tmp", tree.toString());
    assertTrue(dry.err().contains("excluded: box/keep.tmp (by --exclude=*.tmp)"), dry.err());
    assertTrue(dry.err().contains("  excluded: 2 files, 6 bytes"), dry.err());
  }

  @Test
  void changedFiltersAreAnotherRun() throws IOException {
    CommandRun first = upload("--exclude", "*.tmp");
    CommandRun all = upload();
    assertEquals(7, archived(all).size());
    CommandRun again = upload("--exclude", "*.tmp");
    assertEquals(first.receiptField("batch_id"), again.receiptField("batch_id"));
    assertTrue(again.out().contains("\"event\":\"unchanged\""), again.out());
  }

  @Test
  void verifyTakesTheFiltersOfTheReceiptAndNamesWhatItLeavesOut() throws IOException {
    String batch = upload("--exclude", "*.tmp").receiptField("batch_id");
    CommandRun same = run("verify", batch, tree.toString());
    assertEquals(0, same.exit(), same.err() + same.out());
    assertTrue(same.err().contains("filters of the upload: \"--exclude=*.tmp\""), same.err());
    assertTrue(
        same.out().contains("excluded here by filters, and not compared: 2 files"), same.out());
    CommandRun fewer =
        run("verify", "--exclude", "*.tif", "--exclude=*.tmp", batch, tree.toString());
    assertEquals(4, fewer.exit(), fewer.err());
    assertTrue(
        fewer.err().contains("/a.tif: is in the batch, and excluded here by --exclude=*.tif"),
        fewer.err());
  }

  @Test
  void symlinksAreFollowedInsideTheSourceAndNeverInCircles() throws IOException {
    Path outside = Trees.file(directory.resolve("outside/o.tif"), "o");
    Files.createSymbolicLink(tree.resolve("box/up"), Path.of(".."));
    Files.createSymbolicLink(tree.resolve("box/self"), Path.of("self"));
    Files.createSymbolicLink(tree.resolve("to-a"), Path.of("a.tif"));
    Files.createSymbolicLink(tree.resolve("to-box"), Path.of("box"));
    Files.createSymbolicLink(tree.resolve("to-outside"), outside.getParent());
    Files.createSymbolicLink(tree.resolve("to-nothing"), Path.of("nothing"));
    assertEquals(7, archived(upload()).size());
    List<String> inside = archived(upload("--follow-symlinks"));
    assertTrue(inside.containsAll(List.of("to-a", "to-box/b.tif", "to-box/keep.tmp")), inside + "");
    assertEquals(10, inside.size(), inside + "");
    List<String> all = archived(upload("--follow-all-symlinks"));
    assertTrue(all.contains("to-outside/o.tif"), all + "");
    // Those that lead up and to themselves are met again through to-box.
    CommandRun run = run("upload", "--dry-run", "--follow-symlinks", tree.toString());
    assertTrue(run.err().contains("not followed: 6 symlinks"), run.err());
  }

  @Test
  void linksThatMultiplyEndSomewhere() throws IOException {
    for (int i = 0; i < 12; i++) {
      Path level = Files.createDirectories(directory.resolve("deep/" + i));
      for (String name : List.of("x", "y")) {
        Files.createSymbolicLink(level.resolve(name), Path.of("../" + (i + 1)));
      }
    }
    Trees.file(directory.resolve("deep/12/file"), "f");
    tree = directory.resolve("deep/0");
    CommandRun run = upload("--follow-all-symlinks");
    assertEquals(3, run.exit(), run.err());
    assertTrue(run.err().contains("8 symlinks to directories lead here already"), run.err());
  }

  @Test
  void otherFileSystemsAreNotEntered() throws IOException {
    assumeTrue(Files.isDirectory(Path.of("/proc/self")) && Files.isDirectory(Path.of("/dev/shm")));
    Path there = Files.createTempDirectory(Path.of("/dev/shm"), "archive-test");
    try {
      Trees.file(there.resolve("s"), "s");
      Files.createSymbolicLink(tree.resolve("shm"), there);
      assertTrue(archived(upload("--follow-all-symlinks")).contains("shm/s"));
      assertFalse(archived(upload("--follow-all-symlinks", "--one-file-system")).contains("shm/s"));
    } finally {
      Trees.delete(there);
    }
  }

  @Test
  void rulesThatCannotBeReadLeaveNothingOutInSilence() throws IOException {
    Files.write(tree.resolve("box/.archiveignore"), new byte[] {'a', (byte) 0xff, '\n'});
    CommandRun run = upload();
    assertEquals(3, run.exit(), run.err());
    assertTrue(run.err().contains(".archiveignore cannot be: it is not UTF-8"), run.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--exclude [a; is not complete",
        "--exclude !a; begins with !",
        "--filter-from /nothing/there; cannot be read",
        "--exclude-if-present a/b; not a path",
        "--min-size many; a size is",
        "--newer-than yesterday; a time is"
      })
  void valuesThatMeanNothingAreWrongUsage(String options, String why) {
    CommandRun run =
        CommandRun.of(
            Map.of("ARCHIVE_HOME", directory.resolve("none").toString()),
            Stream.concat(
                    Stream.of("upload"),
                    Stream.concat(Arrays.stream(options.split(" ")), Stream.of(tree.toString())))
                .toArray(String[]::new));
    assertEquals(2, run.exit(), run.err());
    assertTrue(run.err().contains(why), run.err());
    assertFalse(Files.exists(directory.resolve("none")));
  }
}
