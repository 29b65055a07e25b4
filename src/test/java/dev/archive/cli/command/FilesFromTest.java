package dev.archive.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.archive.cli.CommandRun;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A list of names as input, and the list of what failed as the next one. */
class FilesFromTest {
  @TempDir Path directory;
  private Path tree;
  private Path list;

  @BeforeEach
  void plant() throws IOException {
    tree = directory.resolve("tree");
    list = directory.resolve("list");
    for (String name : List.of("a", "#b", "box/c", "box/d.tmp", "box/deep/e", "other/f")) {
      Trees.file(tree.resolve(name), name);
    }
  }

  private CommandRun run(String... line) {
    return CommandRun.in(directory.resolve("home"), line);
  }

  private CommandRun upload(String... options) {
    List<String> line = new ArrayList<>(List.of("upload", "--json"));
    line.addAll(Arrays.asList(options));
    line.add(tree.toString());
    return run(line.toArray(String[]::new));
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

  @Test
  void onlyWhatIsNamedIsArchivedUnderTheSamePaths() throws IOException {
    Files.writeString(
        list, "# comment\n\n" + tree + "/./#b\n" + tree + "/box\r\n" + tree + "/box/c\n");
    assertEquals(
        List.of("#b", "box/c", "box/deep/e"),
        archived(upload("--files-from", list.toString(), "--exclude", "*.tmp")));
    Files.writeString(list, tree + "/a\0" + tree + "/box/deep/../c\0");
    assertEquals(List.of("a", "box/c"), archived(upload("--files-from", list.toString(), "-0")));
    Files.writeString(list, tree.toString());
    assertEquals(6, archived(upload("--files-from", list.toString())).size());
  }

  @Test
  void aNameThatLooksLikeACommentIsNotDropped() throws IOException {
    Files.writeString(list, tree + "/a\0#b\0");
    CommandRun run = upload("--files-from", list.toString(), "-0");
    assertEquals(2, run.exit(), run.out());
    assertTrue(run.err().contains("does not lie in"), run.err());
    Path here = Files.createTempFile(Path.of(""), "#archive", "");
    try {
      Files.writeString(list, tree + "/a\n" + here.getFileName() + "\n");
      run = upload("--files-from", list.toString());
      assertEquals(2, run.exit(), run.out());
      assertTrue(run.err().contains("is a comment, and a file has this name"), run.err());
    } finally {
      Files.delete(here);
    }
  }

  @Test
  void rulesOfDirectoriesAboveHoldForWhatIsNamed() throws IOException {
    Trees.file(tree.resolve("box/.archiveignore"), "deep/\n");
    Files.writeString(list, tree + "/box/deep/e\n" + tree + "/a\n");
    CommandRun run = upload("--files-from", list.toString());
    assertEquals(List.of("a"), archived(run));
    assertTrue(run.out().contains("box/.archiveignore:1: deep/"), run.out());
    assertTrue(run.out().contains("\"excluded\":{\"files\":1,\"bytes\":10}"), run.out());
  }

  @Test
  void whatIsMissingFailsAndWhatLiesElsewhereIsRefused() throws IOException {
    Files.writeString(list, tree + "/a\n" + tree + "/missing\n");
    CommandRun missing = upload("--files-from", list.toString());
    assertEquals(3, missing.exit(), missing.err());
    assertTrue(missing.err().contains("missing: cannot be read: it is gone"), missing.err());
    Files.writeString(list, "/etc/passwd\n");
    CommandRun elsewhere = upload("--files-from", list.toString());
    assertEquals(2, elsewhere.exit(), elsewhere.err());
    Files.write(list, new byte[] {(byte) 0xff, '\n'});
    assertEquals(2, upload("--files-from", list.toString()).exit());
  }

  @Test
  void theListOfWhatFailedIsTheNextInput() throws IOException {
    Path failed = directory.resolve("failed");
    Path pipe = tree.resolve("box/late");
    Files.createSymbolicLink(pipe, Path.of("late"));
    Files.writeString(list, tree + "/a\n" + tree + "/box/new\n");
    CommandRun run =
        upload(
            "--allow-skipped", "--files-from", list.toString(), "--failed-list", failed.toString());
    assertEquals(3, run.exit(), run.err());
    List<String> lines = Files.readAllLines(failed);
    assertEquals("# archive: not archived: 1 file", lines.get(0));
    assertTrue(lines.get(1).startsWith("# ") && lines.get(1).contains("is gone"), lines.get(1));
    assertEquals(tree.toRealPath() + "/box/new", lines.get(2));

    Trees.file(tree.resolve("box/new"), "came late");
    assertEquals(
        List.of("box/new"),
        archived(upload("--files-from", failed.toString(), "--failed-list", failed + "2")));
    // It is read whole before it is written, and may be the same file.
    CommandRun again =
        upload("--files-from", failed.toString(), "--failed-list", failed.toString());
    assertEquals(0, again.exit(), again.err());
    assertEquals(List.of("# archive: not archived: 0 files"), Files.readAllLines(failed));
  }

  @Test
  void anInterruptedRunIsResumedWithItsNames() throws IOException {
    Files.writeString(list, tree + "/a\n");
    CommandRun first = upload("--files-from", list.toString());
    assertEquals(0, first.exit(), first.err());
    // As if it had ended before its receipt.
    try (Stream<Path> all = Files.walk(Path.of(directory.resolve("home") + "-state"))) {
      Path journal = all.filter(each -> each.endsWith("journal")).findFirst().orElseThrow();
      List<String> lines = Files.readAllLines(journal);
      Files.write(journal, lines.subList(0, lines.size() - 1));
    }
    CommandRun resumed = run("resume", "--json");
    assertEquals(0, resumed.exit(), resumed.err());
    assertEquals("1", resumed.receiptField("files"));
    assertEquals(first.receiptField("batch_id"), resumed.receiptField("batch_id"));
    assertTrue(resumed.out().contains("\"already_held\":{\"files\":1,\"bytes\":1}"), resumed.out());
  }

  @Test
  void whatFailedBehindASymlinkIsNamedAsItWasFound() throws Exception {
    Path away = Files.createDirectories(directory.resolve("away"));
    Path pipe = away.resolve("pipe");
    assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0);
    Path version = Path.of("/proc/version");
    assumeTrue(Files.isReadable(version));
    Files.createSymbolicLink(tree.resolve("link"), away);
    Files.createSymbolicLink(tree.resolve("version"), version);
    Path failed = directory.resolve("failed");
    CommandRun run =
        upload("--follow-all-symlinks", "--allow-skipped", "--failed-list", failed.toString());
    assertEquals(3, run.exit(), run.err());
    assertEquals(
        List.of(tree.toRealPath() + "/link/pipe", tree.toRealPath() + "/version"),
        Files.readAllLines(failed).stream().filter(each -> !each.startsWith("#")).toList());

    // Named so, they are archived later under the paths that they would have had.
    Files.delete(pipe);
    Trees.file(pipe, "a file now");
    Files.delete(tree.resolve("version"));
    Trees.file(tree.resolve("version"), "1");
    assertEquals(
        List.of("link/pipe", "version"),
        archived(upload("--follow-all-symlinks", "--files-from", failed.toString())));
  }
}
