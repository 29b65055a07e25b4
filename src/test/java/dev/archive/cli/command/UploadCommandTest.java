package dev.archive.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command as a user runs it, with the embedded archive. */
class UploadCommandTest {
  @TempDir Path directory;

  private Path home() {
    return directory.resolve("home");
  }

  private Path bag(CommandRun run) {
    return home().resolve("batches").resolve(run.receiptField("batch_id"));
  }

  private static void assertSameTree(Path expected, Path actual) throws IOException {
    List<Path> files = Trees.files(expected);
    assertEquals(
        files.stream().map(file -> expected.relativize(file).toString()).toList(),
        Trees.files(actual).stream().map(file -> actual.relativize(file).toString()).toList());
    for (Path file : files) {
      assertEquals(
          -1,
          Files.mismatch(file, actual.resolve(expected.relativize(file).toString())),
          file.toString());
    }
  }

  @Test
  void aDirectoryBecomesABagWithTheSameFiles() throws IOException {
    Path tree = Trees.small(directory.resolve("tree"), 40, 1);
    Trees.random(tree.resolve("large.bin"), 11_000_000, 2);
    CommandRun run = CommandRun.in(home(), "upload", "--json", tree.toString());
    assertEquals(0, run.exit(), run.err());
    assertEquals("41", run.receiptField("files"));
    assertEquals("enqueued", run.receiptField("status"));
    assertSameTree(tree, bag(run).resolve("data"));
    assertEquals(
        Trees.sha256(bag(run).resolve("manifest-sha256.txt")), run.receiptField("manifest_sha256"));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 5_242_879, 5_242_880, 5_242_881, 10_485_760, 10_485_761, 20_971_520})
  void filesOfEverySizeAroundTheBoundsOfPartsComeThrough(long size) throws IOException {
    Path tree = directory.resolve("tree");
    Trees.random(tree.resolve("file"), size, size);
    CommandRun run = CommandRun.in(home(), "upload", "--json", tree.toString());
    assertEquals(0, run.exit(), run.err());
    assertSameTree(tree, bag(run).resolve("data"));
  }

  @Test
  void everyNameThatAFileSystemKnowsComesThrough() throws IOException {
    Path tree = directory.resolve("tree");
    List<String> names =
        List.of(
            "with space",
            "#hash",
            "what?",
            "100%",
            "%41",
            "%25",
            "a&b",
            "plus+",
            "semi;colon",
            "colon:",
            "star*",
            "\"quoted\"",
            "<angle>",
            "pipe|",
            "back\\slash",
            "-dash",
            "--",
            "'",
            "`",
            "$HOME",
            "~",
            "ünïcödé",
            "日本語",
            "🗄️ emoji",
            " leading",
            "trailing ",
            "trailing.",
            "a=b",
            "[brackets]",
            "{braces}",
            "(parens)",
            "comma,",
            "@at",
            "CON",
            "x".repeat(255),
            "ä".repeat(127),
            Normalizer.normalize("é.txt", Normalizer.Form.NFC),
            Normalizer.normalize("é.txt", Normalizer.Form.NFD),
            "case.txt",
            "CASE.txt",
            "\u200bzero width",
            "\u202ebidi",
            ".hidden",
            "..dots",
            "...");
    for (String name : names) {
      Trees.file(
          tree.resolve("dir " + name.substring(0, Math.min(8, name.length()))).resolve(name),
          "content of " + name);
    }
    CommandRun run = CommandRun.in(home(), "upload", "--json", tree.toString());
    assertEquals(0, run.exit(), run.err());
    assertSameTree(tree, bag(run).resolve("data"));
    assertEquals(
        0, CommandRun.in(home(), "verify", run.receiptField("batch_id"), tree.toString()).exit());
  }

  @Test
  void emptyFilesAreFilesAndEmptyDirectoriesAreNamed() throws IOException {
    Path tree = directory.resolve("tree");
    Trees.file(tree.resolve("empty"), "");
    Trees.file(tree.resolve("also empty"), "");
    Files.createDirectories(tree.resolve("nothing in here"));
    Files.createSymbolicLink(tree.resolve("link"), tree.resolve("empty"));
    CommandRun run = CommandRun.in(home(), "upload", tree.toString());
    assertEquals(0, run.exit(), run.err());
    assertTrue(run.err().contains("1 symlink"), run.err());
    assertTrue(run.err().contains("1 empty directory"), run.err());
    assertTrue(run.err().contains("nothing in here"), run.err());
    assertTrue(run.out().contains("files    2"), run.out());
  }

  @Test
  void severalSourcesGoUnderTheirNames() throws IOException {
    Path one = Trees.small(directory.resolve("one"), 3, 1);
    Path two = Trees.small(directory.resolve("two"), 3, 2);
    Path single = Trees.file(directory.resolve("single.txt"), "single");
    CommandRun run =
        CommandRun.in(
            home(),
            "upload",
            "--json",
            "--root-path",
            "/r/",
            one.toString(),
            two.toString(),
            single.toString());
    assertEquals(0, run.exit(), run.err());
    assertSameTree(one, bag(run).resolve("data/r/one"));
    assertSameTree(two, bag(run).resolve("data/r/two"));
    assertEquals("single", Files.readString(bag(run).resolve("data/r/single.txt")));
    String batch = run.receiptField("batch_id");
    assertEquals(
        0,
        CommandRun.in(home(), "verify", batch, one.toString(), two.toString(), single.toString())
            .exit());
  }

  @Test
  void verifyNamesEveryDifference() throws IOException {
    Path tree = Trees.small(directory.resolve("tree"), 10, 1);
    CommandRun run = CommandRun.in(home(), "upload", "--json", tree.toString());
    String batch = run.receiptField("batch_id");
    List<Path> files = Trees.files(tree);
    byte[] content = Files.readAllBytes(files.get(0));
    content[0] ^= 1;
    Files.write(files.get(0), content);
    Files.writeString(files.get(1), "longer", java.nio.file.StandardOpenOption.APPEND);
    Files.delete(files.get(2));
    Trees.file(tree.resolve("new.txt"), "new");
    CommandRun verified =
        CommandRun.in(home(), "verify", "--no-attributes", batch, tree.toString());
    assertEquals(4, verified.exit(), verified.err());
    for (Path file : files.subList(0, 3)) {
      assertTrue(verified.err().contains("/" + tree.relativize(file)), verified.err());
    }
    assertTrue(verified.err().contains("/new.txt: is here and not in the batch"), verified.err());
    assertTrue(verified.out().contains("7 files the same, 4 differences"), verified.out());
  }

  @Test
  void theReceiptFileListsEveryFile() throws IOException {
    Path tree = Trees.small(directory.resolve("tree"), 5, 1);
    Path receipt = directory.resolve("receipt.json");
    CommandRun run =
        CommandRun.in(
            home(), "upload", "--quiet", "--receipt", receipt.toString(), tree.toString());
    assertEquals(0, run.exit(), run.err());
    assertEquals("", run.out());
    assertEquals(
        "archive: no server is named: using the embedded archive in "
            + home()
            + " (name one with --server URL or ARCHIVE_SERVER)\n",
        run.err());
    String text = Files.readString(receipt, StandardCharsets.UTF_8);
    for (Path file : Trees.files(tree)) {
      assertTrue(text.contains("\"/" + tree.relativize(file) + "\""), text);
      assertTrue(text.contains(Trees.sha256(file)), text);
    }
  }

  @Test
  void aDryRunSendsNothing() throws IOException {
    Path tree = Trees.small(directory.resolve("tree"), 5, 1);
    CommandRun run = CommandRun.in(home(), "upload", "--dry-run", tree.toString());
    assertEquals(0, run.exit(), run.err());
    assertTrue(run.err().contains("plan: 5 files"), run.err());
    assertFalse(Files.exists(home()));
  }

  @Test
  void metadataOfAllKindsIsMergedAndKept() throws IOException {
    Path tree = Trees.small(directory.resolve("tree"), 1, 1);
    Path file = Trees.file(directory.resolve("m.json"), "{\"from\":\"file\",\"n\":1}");
    CommandRun run =
        CommandRun.in(
            home(),
            "upload",
            "--json",
            "--metadata",
            "{\"n\":2,\"deep\":{\"a\":[1,2]}}",
            "--metadata",
            "@" + file,
            "--metadata",
            "key=value=more",
            tree.toString());
    assertEquals(0, run.exit(), run.err());
    CommandRun status = CommandRun.in(home(), "status", "--json", run.receiptField("batch_id"));
    assertTrue(
        status
            .out()
            .contains(
                "\"metadata\":{\"n\":1,\"deep\":{\"a\":[1,2]},\"from\":\"file\",\"key\":\"value=more\"}"),
        status.out());
  }

  @Test
  void settingsComeFromTheEnvironmentAndTheCommandLineWins() throws IOException {
    Path tree = Trees.small(directory.resolve("tree"), 1, 1);
    java.util.Map<String, String> environment =
        java.util.Map.of(
            "ARCHIVE_HOME",
            home().toString(),
            "XDG_STATE_HOME",
            home() + "-state",
            "ARCHIVE_UPLOADER",
            "from-env",
            "ARCHIVE_PARALLEL",
            "0");
    assertEquals(2, CommandRun.of(environment, "upload", tree.toString()).exit());
    CommandRun run =
        CommandRun.of(environment, "upload", "--json", "--parallel", "5", tree.toString());
    assertEquals(0, run.exit(), run.err());
    CommandRun status = CommandRun.in(home(), "status", run.receiptField("batch_id"));
    assertTrue(status.out().contains("from-env"), status.out());
    assertTrue(status.out().contains("\nfinalized 20"), status.out());
  }

  @Test
  void batchThatCannotFitIsRefusedAtOnceAndNothingIsSent() throws IOException {
    Path tree = Trees.small(directory.resolve("tree"), 1, 1);
    try (RandomAccessFile file = new RandomAccessFile(tree.resolve("sparse").toFile(), "rw")) {
      file.setLength(4L << 40);
    }
    CommandRun run = CommandRun.in(home(), "upload", tree.toString());
    assertEquals(5, run.exit(), run.err());
    assertTrue(run.err().contains("bytes and the archive's disk has room for "), run.err());
    assertTrue(run.err().contains("Make room there, and run the same command again"), run.err());
    assertEquals("", CommandRun.in(home(), "list").out());
  }
}
