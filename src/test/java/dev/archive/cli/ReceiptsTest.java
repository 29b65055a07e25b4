package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.testing.Trees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Receipts that are kept: all are listed, and each can be checked where the files lie. */
class ReceiptsTest {
  @TempDir Path directory;
  private Path home;
  private Path tree;

  @BeforeEach
  void makeATree() throws Exception {
    directory = directory.toRealPath();
    home = directory.resolve("home");
    tree = directory.resolve("tree");
    Trees.file(tree.resolve("-"), "a hyphen");
    Trees.file(tree.resolve("back\\slash"), "a backslash");
    Trees.file(tree.resolve("dir/\u00fcml\u00e4ut *.txt"), "an umlaut");
    Trees.file(directory.resolve("else/where/other/dir/x"), "another source");
    Trees.file(directory.resolve("one.txt"), "a file");
  }

  private String upload(String... args) {
    List<String> all = new ArrayList<>(List.of("upload", "--json"));
    all.addAll(List.of(args));
    CommandRun run = CommandRun.in(home, all.toArray(String[]::new));
    assertEquals(0, run.exit(), run.err());
    return run.receiptField("batch_id");
  }

  private Path receipt(String name) {
    return Path.of(home + "-state/archive/receipts/" + name + ".json");
  }

  /** Checks a receipt with sha256sum, which must find so many files right and none else. */
  private void check(String batch, Path where, int files) throws Exception {
    CommandRun sums = CommandRun.in(home, "receipt", "--sha256sum", batch);
    assertEquals(0, sums.exit(), sums.err());
    assertEquals("", sums.err());
    Path file = Files.writeString(directory.resolve("sums"), sums.out());
    Process check =
        new ProcessBuilder("sha256sum", "--strict", "-c", file.toString())
            .directory(where.toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(check.getInputStream().readAllBytes());
    assertEquals(0, check.waitFor(), said);
    assertEquals(files, said.lines().filter(line -> line.endsWith(": OK")).count(), said);
  }

  @Test
  void receiptIsCheckedWhereTheFilesLie() throws Exception {
    check(upload(tree.toString()), tree, 3);
    check(upload("--root-path", "/deep/down", tree.toString()), tree, 3);
    Path file = directory.resolve("one.txt");
    check(upload("--root-path", "/one.txt", file.toString()), directory, 1);
    Path other = directory.resolve("else/where/other");
    String batch = upload("--root-path", "/r", tree.toString(), other.toString(), file.toString());
    check(batch, Path.of("/"), 5);
    // What the caller keeps says it too.
    Path kept = directory.resolve("kept.json");
    upload("--again", "--receipt", kept.toString(), tree.toString());
    assertTrue(Files.readString(kept).contains("\"sources\":[\"" + tree + "/\"]"));
  }

  @Test
  void receiptOfAnOlderProgramIsCheckedByItsJournal() throws Exception {
    String batch = upload("--root-path", "/deep/down", tree.toString());
    Path file = receipt(batch);
    String older =
        Files.readString(file).replaceFirst("(?s),\\s*\"sources_given\".*?\"sources\":.*?]", "");
    assertFalse(older.contains("sources"), older);
    Files.writeString(file, older);
    check(batch, tree, 3);

    try (Stream<Path> journals = Files.walk(Path.of(home + "-state"))) {
      for (Path journal : journals.filter(each -> each.endsWith("journal")).toList()) {
        Files.delete(journal);
      }
    }
    CommandRun sums = CommandRun.in(home, "receipt", "--sha256sum", batch);
    assertEquals(0, sums.exit(), sums.err());
    assertTrue(sums.out().contains("  deep/down/-\n"), sums.out());
    assertTrue(sums.err().contains("name them as the batch does"), sums.err());
  }

  @Test
  void unreadableReceiptHidesNoOther() throws Exception {
    String batch = upload(tree.toString());
    Files.writeString(receipt("00000000000000000000000000"), "garbage");
    Files.writeString(receipt("01000000000000000000000000"), "{\"entries\":[]}");
    Files.createDirectory(receipt("ZZZZZZZZZZZZZZZZZZZZZZZZZZ"));
    Files.writeString(receipt("._" + batch), "what macOS leaves on foreign disks");
    for (String json : List.of("", "--json")) {
      CommandRun run =
          json.isEmpty() ? CommandRun.in(home, "receipts") : CommandRun.in(home, "receipts", json);
      assertEquals(3, run.exit(), run.err());
      assertTrue(run.out().contains(batch), run.out());
      assertEquals(4, run.errLines().size(), run.err());
      assertTrue(run.errLines().get(3).startsWith("archive: 3 receipts "), run.err());
      assertEquals(json.isEmpty() ? null : "3", run.field("error", "exit"));
    }
  }

  @Test
  void oneFileIsOneFile() throws Exception {
    upload(Trees.file(directory.resolve("single/b"), "b").toString());
    String line = CommandRun.in(home, "receipts").out();
    assertTrue(line.matches("BATCH +FILES +BYTES +SERVER\n\\S+ +1 +1  embedded:.*\n"), line);
    line = CommandRun.in(home, "list").outLines().get(1);
    assertTrue(line.contains("  1 of 1  1 byte  "), line);
  }

  @Test
  void aStateDirectoryThatIsAFileIsAnErrorAndNoEmptyList() throws Exception {
    Path file = Trees.file(directory.resolve("state"), "no directory");
    Path part = directory.resolve("partly");
    Trees.file(part.resolve("receipts"), "no directory either");
    Trees.file(part.resolve("runs"), "nor this");
    for (Path state : List.of(file, part)) {
      for (String command : List.of("receipts", "runs")) {
        CommandRun run = CommandRun.in(home, command, "--state-dir", state.toString());
        assertEquals(2, run.exit(), command + run.out() + run.err());
        assertEquals("", run.out());
        assertTrue(run.err().contains("cannot be used: "), run.err());
      }
      CommandRun resume = CommandRun.in(home, "resume", "--state-dir", state.toString());
      assertEquals(2, resume.exit(), resume.out() + resume.err());
    }
    CommandRun none =
        CommandRun.in(home, "receipts", "--state-dir", directory.resolve("none").toString());
    assertEquals(0, none.exit(), none.err());
  }
}
