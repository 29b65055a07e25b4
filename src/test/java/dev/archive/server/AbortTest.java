package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.server.ApiClient.Answer;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AbortTest {
  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private static final int MIB = 1 << 20;

  @TempDir static Path root;
  private static RunningServer server;
  private static ApiClient api;

  @BeforeAll
  static void start() {
    server = RunningServer.on(root);
    api = server.api();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void abortedBatchHasAVersionMoreAndNoBytes() {
    String batch = api.init(3);
    api.add(batch, "/deep/er/a", HELLO);
    api.put(api.start(batch, "/b", 5).text("presigned_url"), HELLO).expect(200);
    Answer large = api.start(batch, "/large", 6 * MIB).expect(200);
    api.put(url(large), new byte[6 * MIB]).expect(200);
    long before = api.versionOf(batch);

    Answer aborted = abort(batch).expect(200);
    assertEquals(before + 1, aborted.version());
    assertEquals("aborted", aborted.text("status"));
    assertEquals(batch, aborted.text("batch_id"));
    assertNothingLeft(batch);
    assertEquals("aborted", api.status(batch, "?summary=true").text("status"));

    assertEquals(before + 1, abort(batch).expect(200).version(), "again it changes nothing");
  }

  @Test
  void nothingGoesOnInAnAbortedBatch() {
    String batch = api.init(2);
    api.add(batch, "/a", HELLO);
    Answer b = api.start(batch, "/b", 5).expect(200);
    Answer large = api.start(batch, "/large", 6 * MIB).expect(200);
    long version = abort(batch).expect(200).version();
    String refusal = "Batch status is aborted, expected uploading";
    api.start(batch, "/c", 1).expect(400, "NOT_UPLOADING", refusal);
    api.put(b.text("presigned_url"), HELLO).expect(400, "NOT_UPLOADING", refusal);
    api.put(url(large), new byte[6 * MIB]).expect(400, "NOT_UPLOADING", refusal);
    api.complete(batch, "/b").expect(400, "NOT_UPLOADING", refusal);
    api.complete(batch, "/a").expect(400, "NOT_UPLOADING", refusal);
    api.finalizeBatch(batch).expect(400, "NOT_UPLOADING", refusal);
    assertEquals(version, api.versionOf(batch));
    assertNothingLeft(batch);
  }

  @Test
  void finalizedBatchIsNotAborted() throws IOException {
    String batch = api.init(1);
    api.add(batch, "/a", HELLO);
    long version = api.finalizeBatch(batch).expect(200).version();
    abort(batch)
        .expect(
            409,
            "CONFLICT",
            "batch "
                + batch
                + " is finalized (status enqueued): what is archived stays, nothing was aborted");
    assertEquals(version, api.versionOf(batch));
    assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
  }

  @Test
  void unknownBatchIsNotFound() {
    abort("01ARZ3NDEKTSV4RRFFQ69G5FAV").expect(404, "BATCH_NOT_FOUND", "Batch not found");
    abort("nonsense").expect(404, "BATCH_NOT_FOUND");
    api.get("/api/batches/" + api.init(1)).expect(405, "METHOD_NOT_ALLOWED");
  }

  @Test
  void bytesUnderWayDoNotComeBack() throws IOException {
    String batch = api.init(2);
    api.add(batch, "/before", HELLO);
    Answer small = api.start(batch, "/small", 5).expect(200);
    Answer large = api.start(batch, "/large", 10 * MIB + 5).expect(200);
    String lastPart = large.field("presigned_urls").get(1).get("url").asText();
    try (SlowPut first = new SlowPut(server, small.text("presigned_url"), HELLO);
        SlowPut second = new SlowPut(server, lastPart, HELLO)) {
      long version = abort(batch).expect(200).version();
      for (String answer : List.of(first.finish(), second.finish())) {
        assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
        assertTrue(answer.contains("Batch status is aborted"), answer);
      }
      assertEquals(version, api.versionOf(batch));
    }
    assertNothingLeft(batch);
  }

  @Test
  void whateverRacesAnAbortLeavesNothing() throws Exception {
    for (int round = 0; round < 8; round++) {
      String batch = api.init(1);
      Answer a = api.start(batch, "/d/a", 5).expect(200);
      Answer b = api.start(batch, "/d/b", 5).expect(200);
      Answer large = api.start(batch, "/large", 5 * MIB).expect(200);
      api.put(b.text("presigned_url"), HELLO).expect(200);
      String parts = url(large);
      AllAtOnce.run(
          6,
          client ->
              switch (client) {
                case 0 -> abort(batch).expect(200);
                case 1 -> api.put(a.text("presigned_url"), HELLO);
                case 2 -> api.complete(batch, "/d/b");
                case 3 -> api.put(parts, new byte[5 * MIB]);
                case 4 -> api.start(batch, "/d/c", 5);
                default -> api.finalizeBatch(batch);
              });
      assertEquals("aborted", api.status(batch, "?summary=true").text("status"));
      assertNothingLeft(batch);
    }
  }

  @Test
  void finalizeAndAbortAtOnceHaveOneWinner() throws Exception {
    for (int round = 0; round < 8; round++) {
      String batch = api.init(1);
      api.add(batch, "/a", HELLO);
      List<Integer> statuses =
          AllAtOnce.run(
              2, client -> (client == 0 ? abort(batch) : api.finalizeBatch(batch)).status());
      Answer after = api.status(batch, "?summary=true");
      if (after.text("status").equals("aborted")) {
        assertEquals(List.of(200, 400), statuses);
        assertNothingLeft(batch);
      } else {
        assertEquals(List.of(409, 200), statuses);
        assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
      }
    }
  }

  private static Answer abort(String batch) {
    return api.send("DELETE", server.url() + "/api/batches/" + batch, BodyPublishers.noBody());
  }

  private static String url(Answer start) {
    return start.field("presigned_urls").get(0).get("url").asText();
  }

  private static void assertNothingLeft(String batch) {
    assertTrue(Files.notExists(server.bag(batch)), "the bag is gone");
    assertTrue(Files.notExists(root.resolve("staging").resolve(batch)), "staging is gone");
  }
}
