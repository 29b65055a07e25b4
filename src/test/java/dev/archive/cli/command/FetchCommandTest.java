package dev.archive.cli.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.model.Sha256;
import dev.archive.testing.KeyValueIngestOptions;
import dev.archive.testing.KeyValueIngestServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was archived comes back as it was, or is named; nothing else is touched. */
class FetchCommandTest {
  private static final List<String> NAMES =
      List.of(
          "plain",
          "Plain",
          "\u00fc",
          "-n",
          "a\\b",
          "q\"uo'te",
          "per%cent%20",
          "sp ace/in dir",
          "hash#?&+=*.txt",
          "\u00fc\u4e2d\ud83d\ude00",
          "u\u0308",
          "a/b/c/d/e/f/deep",
          "a/b.c",
          "a!/x",
          "A!/x",
          "empty");

  @TempDir Path directory;
  private Path tree;
  private Path target;
  private String batch;

  @BeforeEach
  void store() throws IOException {
    tree = directory.resolve("tree");
    target = directory.resolve("target");
    for (String name : NAMES) {
      Path file = tree.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, name.equals("empty") ? "" : name + "\n");
    }
    byte[] large = new byte[(5 << 20) + 3];
    new Random(17).nextBytes(large);
    Files.write(tree.resolve("large"), large);
    Files.write(tree.resolve("a/middle"), Arrays.copyOf(large, 300_000));
    CommandRun upload = run("upload", "--json", tree.toString());
    assertEquals(0, upload.exit(), upload.err());
    batch = upload.receiptField("batch_id");
  }

  private CommandRun run(String... args) {
    return CommandRun.in(directory.resolve("home"), args);
  }

  private CommandRun fetch(String... more) {
    String[] args = new String[more.length + 4];
    args[0] = "fetch";
    args[1] = batch;
    args[2] = "--to";
    args[3] = target.toString();
    System.arraycopy(more, 0, args, 4, more.length);
    return run(args);
  }

  private static Map<String, String> files(Path root) throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path each : all.filter(Files::isRegularFile).toList()) {
        files.put(root.relativize(each).toString(), Sha256.of(Files.readAllBytes(each)).hex());
      }
    }
    return files;
  }

  private Path stored(String name) {
    return directory.resolve("home/batches").resolve(batch).resolve("data").resolve(name);
  }

  private void flip(String name) throws IOException {
    byte[] bytes = Files.readAllBytes(stored(name));
    bytes[bytes.length / 2] ^= 1;
    Files.write(stored(name), bytes);
  }

  @Test
  void treeComesBackAndIsNotFetchedAgain() throws IOException {
    CommandRun first = fetch("--json");
    assertEquals(0, first.exit(), first.err());
    assertEquals(files(tree), files(target));
    assertEquals(String.valueOf(NAMES.size() + 2), first.field("fetched", "fetched"));
    Object before = Files.getAttribute(target.resolve("plain"), "unix:ino");
    CommandRun second = fetch("--json");
    assertEquals(0, second.exit(), second.err());
    assertEquals("0", second.field("fetched", "fetched"));
    assertEquals(String.valueOf(NAMES.size() + 2), second.field("fetched", "already_there"));
    assertEquals(before, Files.getAttribute(target.resolve("plain"), "unix:ino"));
    assertEquals(files(tree), files(target), "and nothing of ours is left");
  }

  @Test
  void pathsSelectFilesAndDirectories() throws IOException {
    CommandRun run = fetch("a", "/plain");
    assertEquals(0, run.exit(), run.err());
    assertEquals(
        List.of("a/b.c", "a/b/c/d/e/f/deep", "a/middle", "plain"),
        List.copyOf(files(target).keySet()));
    CommandRun none = fetch("plain", "nowhere");
    assertEquals(4, none.exit());
    assertTrue(none.err().contains("\"nowhere\"; nothing was fetched"), none.err());
  }

  @Test
  void filesThatDifferAreNamedAndStay() throws IOException {
    Files.createDirectories(target.resolve("a!"));
    Files.writeString(target.resolve("plain"), "other\n");
    Files.writeString(target.resolve("-n"), "of another size");
    Files.createDirectory(target.resolve("empty"));
    Files.writeString(directory.resolve("outside"), "outside");
    Files.createSymbolicLink(target.resolve("a\\b"), directory.resolve("outside"));
    Files.createDirectory(directory.resolve("elsewhere"));
    Files.createSymbolicLink(target.resolve("a"), directory.resolve("elsewhere"));
    CommandRun run = fetch();
    assertEquals(3, run.exit(), run.err());
    for (String name : List.of("/plain", "/-n", "/empty", "/a\\b", "/a/b.c", "/a/middle")) {
      assertTrue(run.err().contains("archive: " + name + ": "), name + " in " + run.err());
    }
    assertTrue(run.err().contains("7 files could not be fetched"), run.err());
    assertEquals("other\n", Files.readString(target.resolve("plain")));
    assertEquals("outside", Files.readString(directory.resolve("outside")));
    assertEquals(Map.of(), files(directory.resolve("elsewhere")));
    assertTrue(Files.exists(target.resolve("a!/x")), "the rest is fetched");

    CommandRun replaced = fetch("--overwrite");
    assertEquals(3, replaced.exit(), replaced.err());
    assertEquals("plain\n", Files.readString(target.resolve("plain")));
    assertTrue(Files.isRegularFile(target.resolve("a\\b"), LinkOption.NOFOLLOW_LINKS));
    assertEquals("outside", Files.readString(directory.resolve("outside")));
    assertEquals(Map.of(), files(directory.resolve("elsewhere")));
    assertTrue(Files.isDirectory(target.resolve("empty")));
    assertTrue(replaced.err().contains("4 files could not be fetched"), replaced.err());
  }

  @Test
  void plantedStagingDirectoryIsNotFollowed() throws IOException {
    Files.createDirectories(target);
    Path outside = Files.createDirectory(directory.resolve("outside"));
    Files.createSymbolicLink(target.resolve(".archive-fetch-" + batch), outside);
    CommandRun run = fetch();
    assertEquals(2, run.exit(), run.err());
    assertEquals(Map.of(), files(outside));
    Files.writeString(directory.resolve("file"), "");
    assertEquals(2, run("fetch", batch, "--to", directory.resolve("file").toString()).exit());
  }

  @Test
  void flippedByteIsNamedAndNotLeftBehind() throws IOException {
    for (String name : List.of("plain", "large", "a/middle")) {
      flip(name);
    }
    Files.delete(stored("a/b.c"));
    CommandRun run = fetch();
    assertEquals(6, run.exit(), run.err());
    for (String name : List.of("/plain", "/large", "/a/middle", "/a/b.c")) {
      assertTrue(run.err().contains("archive: " + name + ": "), name + " in " + run.err());
    }
    Map<String, String> expected = files(tree);
    expected.keySet().removeAll(List.of("plain", "large", "a/middle", "a/b.c"));
    assertEquals(expected, files(target));
  }

  @Test
  void missingFileAloneIsExitFour() throws IOException {
    Files.delete(stored("plain"));
    assertEquals(4, fetch().exit());
  }

  @Test
  void whatAKilledProcessLeftIsResumedOrRemoved() throws IOException {
    Path staging = Files.createDirectories(target.resolve(".archive-fetch-" + batch));
    byte[] large = Files.readAllBytes(tree.resolve("large"));
    String key = Sha256.of("/large".getBytes(StandardCharsets.UTF_8)).hex().substring(0, 32);
    Path outside = directory.resolve("outside");
    Files.write(outside, Arrays.copyOf(large, 3 << 20));
    // A link to a file elsewhere: it is read, and never written to.
    Files.createLink(staging.resolve(key + "-x-1.part"), outside);
    Files.writeString(staging.resolve("0123456789abcdef0123456789abcdef-x-2.part"), "rest");
    CommandRun run = fetch();
    assertEquals(0, run.exit(), run.err());
    assertEquals(files(tree), files(target));
    assertEquals(3 << 20, Files.size(outside));

    Files.delete(target.resolve("large"));
    Files.createDirectories(staging);
    Files.write(staging.resolve(key + "-x-1.part"), new byte[3 << 20]);
    CommandRun damaged = fetch();
    assertEquals(0, damaged.exit(), damaged.err());
    assertEquals(files(tree), files(target));
  }

  @Test
  void bagComesBackWhole() throws Exception {
    CommandRun run = fetch("--bag");
    assertEquals(0, run.exit(), run.err());
    assertEquals(files(tree), files(target.resolve("data")));
    for (String name : List.of("bagit.txt", "bag-info.txt", "tagmanifest-sha256.txt")) {
      assertArrayEquals(
          Files.readAllBytes(directory.resolve("home/batches").resolve(batch).resolve(name)),
          Files.readAllBytes(target.resolve(name)));
    }
    assertEquals(0, fetch("--bag").exit(), "again");
    assertEquals(2, fetch("--bag", "plain").exit());
  }

  @Test
  void catWritesOneFileAndNeverAllOfADamagedOne() throws IOException {
    CommandRun plain = run("cat", batch, "a\\b");
    assertEquals("a\\b\n", plain.out(), plain.err());
    assertEquals(4, run("cat", batch, "/nowhere").exit());
    flip("plain");
    CommandRun damaged = run("cat", batch, "/plain");
    assertEquals(6, damaged.exit());
    assertEquals("", damaged.out());
  }

  /** A file called state.db would replace the ledger. */
  @Test
  void rootOfAnArchiveIsNoTarget() throws IOException {
    Path root;
    try (Stream<Path> all = Files.walk(directory.resolve("home"))) {
      root = all.filter(each -> each.endsWith("state.db")).findFirst().orElseThrow().getParent();
    }
    Path link = Files.createSymbolicLink(directory.resolve("link"), root);
    Map<String, String> before = files(root.resolve("batches"));
    for (Path to : List.of(root, root.resolve("batches/x/y"), root.resolve("staging"), link)) {
      target = to;
      CommandRun fetch = fetch("--overwrite");
      assertEquals(2, fetch.exit(), fetch.err());
      assertTrue(fetch.err().contains("is the root of an archive; nothing was fetched"));
    }
    assertEquals(before, files(root.resolve("batches")));
  }

  /** Names of the batch may lead into an archive that lies in the target. */
  @Test
  void rootOfAnArchiveInTheTargetIsNotWrittenInto() throws IOException {
    Path root;
    try (Stream<Path> all = Files.walk(directory.resolve("home"))) {
      root = all.filter(each -> each.endsWith("state.db")).findFirst().orElseThrow().getParent();
    }
    Path tree = directory.resolve("evil");
    Path ledger = tree.resolve(directory.relativize(root)).resolve("state.db");
    Files.createDirectories(ledger.getParent());
    Files.writeString(ledger, "no ledger");
    CommandRun upload = run("upload", "--json", tree.toString());
    CommandRun fetch =
        run("fetch", upload.receiptField("batch_id"), "--to", directory.toString(), "--overwrite");
    assertEquals(2, fetch.exit(), fetch.err());
    assertTrue(fetch.err().contains("is the root of an archive; nothing was fetched"), fetch.err());
    assertTrue(Files.size(root.resolve("state.db")) > 100);
  }

  @Test
  void wrongUseIsSaidInWords() throws Exception {
    assertEquals(2, run("fetch", batch, "--tar", "--json").exit());
    assertEquals(2, run("fetch", "no-id").exit());
    assertEquals(4, run("fetch", "01K0000000000000000000000A").exit());
    try (KeyValueIngestServer base =
        new KeyValueIngestServer(
                KeyValueIngestOptions.of(KeyValueIngestOptions.Variant.NAIVE).build())
            .start()) {
      CommandRun run = fetch("--server", base.url().toString());
      assertEquals(2, run.exit(), run.err());
      assertTrue(run.err().contains("does not give back the files that it stores"), run.err());
      assertFalse(Files.exists(target));
    }
  }
}
