package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.server.ApiClient.Answer;
import dev.archive.testing.RecordingDriver;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * No query of the server grows with the number of files of a batch or of batches: SQLite's own plan
 * for each text that a server prepares, while every kind of call is made to it, is a search of an
 * index by all that the text gives.
 */
class QueryPlanTest {
  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private static final int MIB = 1 << 20;

  /** Reads all files of a batch: they stream, or name a few on the way to an error. */
  private static final String WHOLE_BATCH =
      "SEARCH file USING INDEX sqlite_autoindex_file_1 (batch_id=?)";

  @TempDir Path root;
  private final SettableClock clock = new SettableClock();

  @Test
  void everyQueryIsASearchOfAnIndex() throws Exception {
    Set<String> texts = textsOfEveryKindOfCall();
    assertTrue(texts.size() > 25, texts.toString());
    List<String> wrong = new ArrayList<>();
    List<String> streams = new ArrayList<>();
    try (Connection connection = ledger()) {
      for (String sql : texts) {
        for (String step : plan(connection, sql)) {
          if (step.equals(WHOLE_BATCH)) {
            streams.add(sql);
          } else if (!isSearch(step)) {
            wrong.add(step + ": " + sql);
          }
        }
      }
    }
    assertEquals(List.of(), wrong);
    assertEquals(
        List.of(), streams.stream().filter(sql -> !sql.contains("ORDER BY path")).toList());
  }

  private Set<String> textsOfEveryKindOfCall() throws SQLException {
    ServerOptions options =
        new ServerOptions(
            root, "127.0.0.1", 0, null, "test", ServerOptions.EXPIRE_AFTER, false, "true");
    // Made before: what a migration reads, it reads once.
    RunningServer.on(root, clock).close();
    try (RecordingDriver driver = RecordingDriver.install()) {
      try (RunningServer server = RunningServer.on(options, clock)) {
        finalizeABatch(server.api());
        sendPartsAgain(server.api());
        endBatches(server);
        list(server.api());
      }
      return driver.prepared();
    }
  }

  /** The control: what has no index to search is seen. */
  @Test
  void aQueryThatScansOrSortsIsSeen() throws Exception {
    RunningServer.on(root, clock).close();
    try (Connection connection = ledger()) {
      for (String sql :
          List.of(
              "SELECT path FROM file WHERE size = ?",
              "SELECT path FROM file WHERE batch_id = ? ORDER BY size",
              "SELECT count(*) FROM file WHERE batch_id = ?",
              "UPDATE batch SET status = ? WHERE finalized_at < ?")) {
        assertTrue(plan(connection, sql).stream().anyMatch(step -> !isSearch(step)), sql);
      }
    }
  }

  private static boolean isSearch(String step) {
    return step.startsWith("SEARCH ") && !step.endsWith("(batch_id=?)")
        || isOneRow(step)
        || isOnlyAHead(step);
  }

  /**
   * Batches, their attributes and messages have one row by their id, part rows are bounded by the
   * parts, pages of attributes hold a megabyte each, forgotten ones are bounded by what was
   * forgotten, and what was asked for and answered is forgotten once, when the batch ends.
   */
  private static boolean isOneRow(String step) {
    return step.startsWith("SEARCH batch ")
        || step.startsWith("SEARCH outbox ")
        || step.startsWith("SEARCH part ")
        || step.startsWith("SEARCH answered ")
        || step.startsWith("SEARCH attribute_page ")
        || step.startsWith("SEARCH attributes ")
        || step.startsWith("SEARCH request ")
        || step.startsWith("SEARCH amendment ")
        || step.startsWith("SEARCH forgotten ");
  }

  /** Of a query of two, whose steps follow. */
  private static boolean isOnlyAHead(String step) {
    return step.startsWith("CORRELATED SCALAR SUBQUERY ")
        || step.equals("COMPOUND QUERY")
        || step.equals("LEFT-MOST SUBQUERY")
        || step.equals("UNION ALL");
  }

  private Connection ledger() throws SQLException, IOException {
    try (Stream<Path> files = Files.walk(root)) {
      Path file = files.filter(each -> each.toString().endsWith(".db")).findFirst().orElseThrow();
      return DriverManager.getConnection("jdbc:sqlite:" + file);
    }
  }

  private static List<String> plan(Connection connection, String sql) throws SQLException {
    List<String> steps = new ArrayList<>();
    try (PreparedStatement explain = connection.prepareStatement("EXPLAIN QUERY PLAN " + sql);
        ResultSet rows = explain.executeQuery()) {
      while (rows.next()) {
        steps.add(rows.getString("detail"));
      }
    }
    return steps;
  }

  private static void finalizeABatch(ApiClient api) {
    Map<String, Object> wish = ApiClient.initRequest(2, 10);
    String batch =
        api.post("/api/batches/init", wish, "Idempotency-Key", "key").expect(201).text("batch_id");
    api.post("/api/batches/init", wish, "Idempotency-Key", "key").expect(201);
    api.add(batch, "/a", HELLO);
    api.start(batch, "/a/below", 5).expect(409);
    api.start(batch, "/b/c", 7).expect(200);
    api.start(batch, "/b", 7).expect(409);
    api.finalizeBatch(batch).expect(400);
    api.add(batch, "/b/c", HELLO);
    api.status(batch, "").expect(200);
    api.status(batch, "?summary=true").expect(200);
    api.status(batch, "?since=2").expect(200);
    api.status(batch, "?since=2&limit=1").expect(200);
    api.finalizeBatch(batch).expect(200);
    while (!api.status(batch, "?summary=true").text("status").equals("completed")) {
      Thread.onSpinWait();
    }
  }

  private static void sendPartsAgain(ApiClient api) {
    String batch = api.init(1);
    Answer start = api.start(batch, "/large", 6 * MIB).expect(200);
    String url = start.field("presigned_urls").get(0).get("url").asText();
    api.put(url, new byte[6 * MIB]).expect(200);
    api.put(url, new byte[6 * MIB]).expect(200);
    api.start(batch, "/large", 6 * MIB).expect(200);
    api.complete(batch, "/large", "sha256", "0".repeat(64)).expect(422);
    api.start(batch, "/large", 7 * MIB).expect(200);
    api.complete(batch, "/large").expect(409);
  }

  private void endBatches(RunningServer server) {
    server.api().send("DELETE", server.url() + "/api/batches/" + server.api().init(1), body());
    String abandoned = server.api().init(1);
    clock.advance(ServerOptions.EXPIRE_AFTER.plus(Duration.ofSeconds(1)));
    server.housekeep();
    assertEquals("expired", server.api().status(abandoned, "").text("status"));
  }

  private static BodyPublisher body() {
    return BodyPublishers.noBody();
  }

  private static void list(ApiClient api) {
    api.get("/api/batches?limit=1").expect(200);
    api.get("/api/batches?status=expired").expect(200);
  }
}
