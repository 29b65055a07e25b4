package dev.archive.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.model.BatchId;
import dev.archive.server.IngestServer;
import dev.archive.server.ServerOptions;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code list} and {@code abort}. */
class AdminCommandsTest {
  @TempDir Path directory;

  private Path home() {
    return directory.resolve("home");
  }

  /** A batch that is open, on a server that runs. */
  private static String open(IngestServer server) throws IOException, InterruptedException {
    String body =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(server.url() + "/api/batches/init"))
                    .POST(
                        BodyPublishers.ofString(
                            "{\"uploader\":\"Ada\",\"root_path\":\"/\",\"file_count\":1,"
                                + "\"total_size\":5}"))
                    .build(),
                BodyHandlers.ofString())
            .body();
    return body.replaceFirst(".*\"batch_id\":\"([0-9A-Z]{26})\".*", "$1");
  }

  private IngestServer server() {
    return IngestServer.start(
        new ServerOptions(directory.resolve("served"), "127.0.0.1", 0, null, "test"),
        Clock.systemUTC());
  }

  @Test
  void batchesOfTheEmbeddedArchiveAreListed() throws IOException {
    Path tree = Trees.small(directory.resolve("tree"), 3, 1);
    CommandRun upload = CommandRun.in(home(), "upload", "--json", tree.toString());
    assertEquals(0, upload.exit(), upload.err());
    String batch = upload.receiptField("batch_id");

    CommandRun list = CommandRun.in(home(), "list");
    assertEquals(0, list.exit(), list.err());
    assertEquals("BATCH STATUS FILES SIZE CREATED UPLOADER ROOT", words(list.outLines().get(0)));
    assertTrue(words(list.outLines().get(1)).startsWith(batch + " enqueued 3 of 3 "), list.out());
    CommandRun json = CommandRun.in(home(), "list", "--json", "--status", "enqueued");
    assertEquals("", json.err());
    assertTrue(json.out().startsWith("{\"batch_id\":\"" + batch + "\""), json.out());
    assertEquals(List.of(), CommandRun.in(home(), "list", "--status", "aborted").outLines());
    assertEquals(2, CommandRun.in(home(), "list", "--status", "lost").exit());
  }

  @Test
  void openBatchIsAbortedAndAFinalizedOneIsNot() throws Exception {
    try (IngestServer server = server()) {
      String batch = open(server);
      CommandRun abort = CommandRun.in(home(), "abort", batch, "--server", server.url());
      assertEquals(0, abort.exit(), abort.err());
      assertEquals("batch " + batch + " is aborted\n", abort.out());
      assertEquals(
          abort.out(), CommandRun.in(home(), "abort", batch, "--server", server.url()).out());

      Path tree = Trees.small(directory.resolve("tree"), 1, 1);
      CommandRun upload =
          CommandRun.in(home(), "upload", "--json", "--server", server.url(), tree.toString());
      String done = upload.receiptField("batch_id");
      CommandRun refused = CommandRun.in(home(), "abort", done, "--server", server.url());
      assertEquals(4, refused.exit(), refused.err());
      assertTrue(refused.err().contains("batch " + done + " is finalized"), refused.err());
      assertTrue(Files.exists(IngestServer.bag(directory.resolve("served"), done).resolve("data")));

      CommandRun unknown =
          CommandRun.in(home(), "abort", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "--server", server.url());
      assertEquals(4, unknown.exit(), unknown.err());
      assertEquals(2, CommandRun.in(home(), "abort", "x", "--server", server.url()).exit());
    }
  }

  @Test
  void moreBatchesThanAPageAreAllListed() throws Exception {
    try (IngestServer server = server()) {
      for (int i = 0; i < 205; i++) {
        BatchId.parse(open(server));
      }
      assertEquals(
          205, CommandRun.in(home(), "list", "--json", "--server", server.url()).outLines().size());
    }
  }

  @Test
  void rowsOfStatusAreInColumns() throws IOException {
    Path tree = Trees.small(directory.resolve("tree"), 3, 1);
    String batch =
        CommandRun.in(home(), "upload", "--json", tree.toString()).receiptField("batch_id");
    List<String> rows = CommandRun.in(home(), "status", batch).outLines();
    assertEquals(10, rows.size(), rows.toString());
    for (String row : rows) {
      assertTrue(row.matches("(?=[a-z]+ ).{10}(?<= )\\S.*"), row);
    }
  }

  @Test
  void waitingForABatchEndsWithWhatBecameOfIt() throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 1, 1);
    try (IngestServer server = server()) {
      String there = "--server=" + server.url();
      String done =
          CommandRun.in(home(), "upload", "--json", there, tree.toString())
              .receiptField("batch_id");
      assertEquals(0, CommandRun.in(home(), "status", there, "--wait=10s", done).exit());
      String open = open(server);
      CommandRun late = CommandRun.in(home(), "status", there, "--wait=1ms", open);
      assertEquals(5, late.exit(), late.err());
      assertTrue(late.err().contains("is still uploading"), late.err());
      assertEquals(0, CommandRun.in(home(), "abort", there, open).exit());
      CommandRun gone = CommandRun.in(home(), "status", there, "--wait", open);
      assertEquals(3, gone.exit(), gone.err());
    }
  }

  private static String words(String line) {
    return line.replaceAll(" +", " ");
  }
}
