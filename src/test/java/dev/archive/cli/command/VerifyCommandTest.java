package dev.archive.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.cli.view.BatchStanding;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
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
      assertEquals(1, statement.executeUpdate("UPDATE batch SET status = '" + status + "'"));
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
                "compared: local files with the list that the server recorded; stored bytes were"
                    + " not read again (--deep does that)\n"),
        plain.out());
    CommandRun json = run("verify", "--json", batch, tree.toString());
    assertEquals("true", json.field("verified", "finalized"), json.out());
    assertEquals("false", json.field("verified", "stored_bytes_read"), json.out());
    CommandRun deep = run("verify", "--deep", batch, tree.toString());
    assertEquals(0, deep.exit(), deep.err());
    assertTrue(!deep.out().contains("not read again"), deep.out());
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
