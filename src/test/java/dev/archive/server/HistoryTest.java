package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.archive.server.ApiClient.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code GET …/history}. */
class HistoryTest {
  @TempDir Path root;
  private RunningServer server;
  private ApiClient api;
  private String batch;

  @BeforeEach
  void start() {
    server = RunningServer.on(root);
    api = server.api();
    batch =
        api.post(
                "/api/batches/init",
                ApiClient.initRequest(9, 9),
                "Idempotency-Key",
                "the run's key")
            .expect(201)
            .text("batch_id");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Answer register(String path, long size, String... headers) {
    return api.post(
        "/api/batches/" + batch + "/files/start",
        Map.of(
            "file_name",
            path.substring(1),
            "file_size",
            size,
            "logical_path",
            path,
            "content_type",
            "text/plain"),
        headers);
  }

  private Answer history(String query) {
    return api.get("/api/batches/" + batch + "/history" + query);
  }

  @Test
  void operationsAreNamedByTheClientOrNumberedByTheServer() {
    register("/a", 1, "Idempotency-Key", "a's key").expect(200);
    register("/b", 1).expect(200);
    register("/c", 1).expect(200);
    Answer answer = history("").expect(200);
    assertEquals(4, answer.version());
    assertEquals(batch, answer.text("batch_id"));
    assertEquals("uploading", answer.text("status"));
    List<String> operations = new ArrayList<>();
    answer.field("events").forEach(event -> operations.add(event.get("operation").asText()));
    assertEquals(List.of("the run's key", "a's key"), operations.subList(0, 2));
    String[] second = operations.get(2).split("-");
    String[] third = operations.get(3).split("-");
    assertEquals(second[0], third[0], "of the same run of the server");
    assertEquals(Long.parseLong(second[1]) + 1, Long.parseLong(third[1]));
  }

  @Test
  void historyIsPagedByVersion() {
    for (char name = 'a'; name < 'h'; name++) {
      register("/" + name, 1).expect(200);
    }
    List<Long> versions = new ArrayList<>();
    JsonNode page = history("?since=0&limit=3").expect(200).json();
    while (page.has("next")) {
      page.get("events").forEach(event -> versions.add(event.get("version").asLong()));
      page = history("?limit=3&since=" + page.get("next").asLong()).expect(200).json();
    }
    page.get("events").forEach(event -> versions.add(event.get("version").asLong()));
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L), versions);
    assertTrue(history("?since=8").expect(200).field("events").isEmpty());
    assertNull(history("?since=8&limit=3").expect(200).json().get("next"));
  }

  @Test
  void repeatOfAKeyedRegistrationComesTooLateForWhatCameAfter() {
    register("/a", 5, "Idempotency-Key", "one").expect(200);
    register("/a", 6, "Idempotency-Key", "two").expect(200);
    Answer late = register("/a", 5, "Idempotency-Key", "one").expect(409, "CONFLICT");
    assertTrue(
        late.text("error").contains("by this request, and again by another one"), late.body());
    assertEquals(3, history("").expect(200).version());
  }

  @Test
  void historyOfNoBatchIsNotFound() {
    api.get("/api/batches/01ARZ3NDEKTSV4RRFFQ69G5FAV/history").expect(404, "BATCH_NOT_FOUND");
    history("?since=x").expect(400, "INVALID_REQUEST");
    api.post("/api/batches/" + batch + "/history", Map.of()).expect(405, "METHOD_NOT_ALLOWED");
  }
}
