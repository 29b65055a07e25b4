package dev.archive.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.cli.view.BatchStanding;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code verify} says what it compared, and is no success for a batch that was not finalized. */
class VerifyCommandTest {
  @TempDir Path directory;
  private Path tree;
  private String batch;

  @BeforeEach
  void store() throws IOException {
    tree = Trees.small(directory.resolve("tree"), 3, 1);
    CommandRun upload = run("upload", "--json", tree.toString());
    assertEquals(0, upload.exit(), upload.err());
    batch = upload.receiptField("batch_id");
  }

  private CommandRun run(String... args) {
    return CommandRun.in(directory.resolve("home"), args);
  }

  /** A batch that is uploading has no tag files: a server would refuse a ledger that knew less. */
  private void setStatus(String status) throws SQLException, IOException {
    if (status.equals("uploading")) {
      Path bag = directory.resolve("home/batches").resolve(batch);
      try (Stream<Path> files = Files.list(bag)) {
        for (Path tagFile : files.filter(Files::isRegularFile).toList()) {
          Files.delete(tagFile);
        }
      }
    }
    try (Connection ledger =
            DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("home/state.db"));
        Statement statement = ledger.createStatement()) {
      // What triggers change counts, too.
      assertTrue(statement.executeUpdate("UPDATE batch SET status = '" + status + "'") > 0);
    }
  }

  @Test
  void plainVerifySaysThatStoredBytesAreNotRead() {
    CommandRun plain = run("verify", batch, tree.toString());
    assertEquals(0, plain.exit(), plain.err());
    assertTrue(
        plain
            .out()
            .endsWith(
                "compared: names, sizes and digests of local files with the server's ledger; stored"
                    + " bytes were not read again (--deep does that)\n"
                    + "compared: dates, modes, owners and links of 7 names with attributes.jsonl of"
                    + " the bag, which has the digest in the ledger\n"),
        plain.out());
    CommandRun json = run("verify", "--json", batch, tree.toString());
    assertEquals("true", json.field("verified", "finalized"), json.out());
    assertEquals("false", json.field("verified", "stored_bytes_read"), json.out());
    CommandRun deep = run("verify", "--deep", batch, tree.toString());
    assertEquals(0, deep.exit(), deep.err());
    assertTrue(!deep.out().contains("not read again"), deep.out());
  }

  @Test
  void hardLinksAreComparedInWhateverOrderTheirNamesAreMet() throws Exception {
    Path one = Files.createDirectories(directory.resolve("one"));
    Path two = Files.createDirectories(directory.resolve("two"));
    for (Path each : new Path[] {one, two}) {
      // Names that UTF-8 and UTF-16 sort differently.
      Path file = Files.writeString(each.resolve("\uff21"), "two names");
      Files.createLink(each.resolve("\ud83d\ude00"), file);
      for (int i = 0; i < 5; i++) {
        String first = (each == one ? "a" : "b") + i;
        String second = (each == one ? "b" : "a") + i;
        Path link = Files.createSymbolicLink(each.resolve(first), Path.of("to" + i));
        Files.createLink(each.resolve(second), link);
      }
    }
    CommandRun upload = run("upload", "--json", one.toString());
    String id = upload.receiptField("batch_id");
    CommandRun same = run("verify", id, one.toString());
    assertEquals(0, same.exit(), same.err());
    CommandRun copy = run("verify", id, two.toString());
    assertTrue(!copy.err().contains("other name"), copy.err());
    Files.delete(two.resolve("a1"));
    Files.createSymbolicLink(two.resolve("a1"), Path.of("to1"));
    Files.delete(two.resolve("\uff21"));
    Files.writeString(two.resolve("\uff21"), "two names");
    CommandRun other = run("verify", id, two.toString());
    assertTrue(other.err().contains("other name none here and /a1 in the batch"), other.err());
    assertTrue(other.err().contains("other name none here and /\uff21 in"), other.err());
  }

  @Test
  void everyAttributeThatDiffersIsNamedUnlessContentAloneIsCompared() throws Exception {
    Files.createSymbolicLink(tree.resolve("link"), Path.of("here"));
    Files.createDirectories(tree.resolve("gone"));
    Path dated = Files.writeString(tree.resolve("dated"), "dated");
    Files.setLastModifiedTime(
        dated, FileTime.from(Instant.parse("1999-05-05T00:00:00.000000001Z")));
    Path shut = Files.writeString(tree.resolve("shut"), "shut");
    CommandRun upload = run("upload", "--json", tree.toString());
    String full = upload.receiptField("batch_id");
    assertEquals(0, run("verify", full, tree.toString()).exit());

    Files.setLastModifiedTime(dated, FileTime.from(Instant.parse("1999-05-05T00:00:00Z")));
    Files.setPosixFilePermissions(shut, PosixFilePermissions.fromString("r--------"));
    Files.delete(tree.resolve("link"));
    Files.createSymbolicLink(tree.resolve("link"), Path.of("there"));
    Files.delete(tree.resolve("gone"));
    Files.createDirectories(tree.resolve("new"));
    CommandRun run = run("verify", full, tree.toString());
    assertEquals(4, run.exit(), run.err());
    for (String words :
        new String[] {
          "/dated: has the date 1999-05-05T00:00:00Z here and 1999-05-05T00:00:00.000000001Z in",
          "/shut: has the mode 0400 here and 0",
          "has the target there here and here in the batch",
          "/gone: is a directory in the batch and not here",
          "/new: is here and not in the batch"
        }) {
      assertTrue(run.err().contains(words), words + " is not in " + run.err());
    }
    CommandRun json = run("verify", "--json", full, tree.toString());
    assertEquals("6", json.field("verified", "attribute_differences"), json.out());
    assertTrue(json.out().contains("\"attributes\":\"bytes\""), json.out());
    CommandRun content = run("verify", "--no-attributes", full, tree.toString());
    assertEquals(0, content.exit(), content.err());
    assertTrue(content.out().contains("not compared: dates"), content.out());
  }

  @Test
  void attributesThatWereAlteredOnTheServerAreNotCompared() throws Exception {
    Path lines = directory.resolve("home/batches").resolve(batch).resolve("attributes.jsonl");
    Files.setPosixFilePermissions(lines, PosixFilePermissions.fromString("rw-------"));
    Files.writeString(lines, Files.readString(lines).replace("\"file\"", "\"file\" "));
    CommandRun run = run("verify", batch, tree.toString());
    assertEquals(6, run.exit(), run.err());
    assertTrue(run.err().contains("Compare the content alone with --no-attributes"), run.err());
    assertEquals(0, run("verify", "--no-attributes", batch, tree.toString()).exit());
  }

  @ParameterizedTest
  @CsvSource({
    "uploading,3,was never finalized: nothing in it is archived yet",
    "aborted,3,was never finalized and holds nothing any more; nothing was compared",
    "expired,3,was never finalized and holds nothing any more; nothing was compared",
    "failed,0,was finalized and its files are held, but processing it failed",
    "processing,0,",
    "completed,0,"
  })
  void batchThatWasNeverFinalizedIsNoSuccess(String status, int exit, String words)
      throws SQLException, IOException {
    setStatus(status);
    for (CommandRun run :
        new CommandRun[] {
          run("verify", batch, tree.toString()),
          run("verify", "--deep", batch),
          run("verify", "--deep", batch, tree.toString())
        }) {
      assertEquals(exit, run.exit(), run.out() + run.err());
      String said = "batch " + batch + " (" + status + ") " + (words == null ? "" : words);
      int first = run.err().indexOf(said);
      assertEquals(words == null, first < 0, run.err());
      assertEquals(first, run.err().lastIndexOf(said), "said once: " + run.err());
    }
    CommandRun json = run("verify", "--json", batch, tree.toString());
    assertEquals(exit, json.exit(), json.out());
    assertEquals(exit == 3, json.out().contains("\"event\":\"not_finalized\""), json.out());
  }

  @Test
  void differencesOfAnUnfinishedBatchAreNamed() throws Exception {
    setStatus("uploading");
    Files.writeString(tree.resolve("more"), "more");
    CommandRun run = run("verify", batch, tree.toString());
    assertEquals(3, run.exit(), run.err());
    assertTrue(run.err().contains("/more: is here and not in the batch"), run.err());
  }

  @Test
  void unknownStatusIsNotTakenForFinalized() {
    assertEquals(BatchStanding.UNKNOWN, BatchStanding.of("ready"));
    assertEquals(false, BatchStanding.UNKNOWN.isFinalized());
  }
}
