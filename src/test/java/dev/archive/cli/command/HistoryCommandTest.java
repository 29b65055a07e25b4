package dev.archive.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.testing.KeyValueIngestOptions;
import dev.archive.testing.KeyValueIngestOptions.Variant;
import dev.archive.testing.KeyValueIngestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryCommandTest {
  private static final int FILES = 600;

  @TempDir Path directory;
  private String batch;

  /** A batch whose history has more than one page. */
  @BeforeEach
  void archive() throws IOException {
    Path tree = Files.createDirectories(directory.resolve("tree"));
    for (int i = 0; i < FILES; i++) {
      Files.writeString(tree.resolve(i + ".txt"), "page " + i);
    }
    CommandRun upload = run("upload", "--json", tree.toString());
    assertEquals(0, upload.exit(), upload.err());
    batch = upload.receiptField("batch_id");
  }

  private CommandRun run(String... args) {
    return CommandRun.in(directory.resolve("home"), args);
  }

  @Test
  void everyChangeIsPrintedInOrderAndTheLastHashVouchesForAll() {
    CommandRun history = run("history", batch);
    assertEquals(0, history.exit(), history.err());
    List<String> lines = history.outLines();
    assertEquals(2 * FILES + 3, lines.size());
    assertTrue(lines.get(0).startsWith("1  20") && lines.get(0).contains("created"));
    assertTrue(lines.get(2 * FILES + 1).endsWith("enqueued"));

    CommandRun json = run("history", batch, "--json");
    List<String> objects = json.outLines();
    assertEquals(2 * FILES + 2, objects.size());
    String last = objects.get(objects.size() - 1);
    String hash = last.replaceFirst(".*\"hash\":\"([0-9a-f]{64})\".*", "$1");
    assertEquals("hash     sha256:" + hash, lines.get(lines.size() - 1));
    for (int i = 0; i < objects.size(); i++) {
      assertTrue(objects.get(i).startsWith("{\"version\":" + (i + 1) + ","), objects.get(i));
    }
  }

  @Test
  void alteredChangeIsNamedAndWhatIsBeforeItPrinted() throws SQLException {
    sql("DROP TRIGGER event_is_final", "UPDATE event SET size = size + 1 WHERE version = 1100");
    CommandRun history = run("history", batch);
    assertEquals(4, history.exit());
    assertTrue(
        history
            .err()
            .contains(
                "the history of batch "
                    + batch
                    + " is broken: version 1100 does not follow from what is before it"),
        history.err());
    assertEquals(1099, history.outLines().size());
  }

  @Test
  void missingChangeIsNamed() throws SQLException {
    sql("DROP TRIGGER event_stays", "DELETE FROM event WHERE version = 1000");
    CommandRun inside = run("history", batch, "--json");
    assertEquals(4, inside.exit());
    assertTrue(inside.err().contains("version 1000 is missing: version 1001"), inside.err());

    sql("DELETE FROM event WHERE version >= 1000");
    CommandRun end = run("history", batch);
    assertEquals(4, end.exit());
    assertTrue(end.err().contains("version 1000 is missing: the batch is at version 1202"));
  }

  @Test
  void nameThatWouldPlayWithATerminalIsEscaped() throws IOException {
    Path tree = Files.createDirectories(directory.resolve("odd"));
    Files.writeString(tree.resolve("a\u202efit.exe"), "x");
    batch = run("upload", "--json", tree.toString()).receiptField("batch_id");
    String line = run("history", batch).outLines().get(1);
    assertTrue(line.endsWith("/a\\u202efit.exe"), line);
  }

  @Test
  void serverThatKeepsNoHistoryIsSaidToKeepNone() throws IOException {
    try (KeyValueIngestServer server =
        new KeyValueIngestServer(KeyValueIngestOptions.of(Variant.NAIVE).build()).start()) {
      CommandRun history = run("history", batch, "--server", server.url().toString());
      assertEquals(2, history.exit(), history.err());
      assertTrue(
          history.err().contains("this server does not keep the history of its batches"),
          history.err());
    }
  }

  private void sql(String... statements) throws SQLException {
    Path state = directory.resolve("home/state.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + state);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }
}
