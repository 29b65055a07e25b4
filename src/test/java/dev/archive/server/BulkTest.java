package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Start and complete of many files in one call. */
class BulkTest {
  private static final byte[] HELLO = "hello".getBytes(UTF_8);

  @TempDir private static Path root;
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

  private static Answer start(String batch, List<?> files) {
    return api.post("/api/batches/" + batch + "/files/start", Map.of("files", files));
  }

  private static Answer complete(String batch, List<?> files) {
    return api.post("/api/batches/" + batch + "/files/complete", Map.of("files", files));
  }

  private static Map<String, Object> completion(String batch, String path) {
    return Map.of("r2_key", "staging/" + batch + path, "sha256", Sha256.of(HELLO).hex());
  }

  @Test
  void filesAreRegisteredAndCompletedInTheOrderGiven() {
    String batch = api.init(3);
    List<Map<String, Object>> starts = new ArrayList<>();
    List<Map<String, Object>> completions = new ArrayList<>();
    for (String path : List.of("/c", "/a", "/b/d")) {
      starts.add(ApiClient.startRequest(path, 5));
      completions.add(completion(batch, path));
    }
    Answer started = start(batch, starts).expect(200);
    assertEquals(4, started.version());
    JsonNode files = started.field("files");
    assertEquals("staging/" + batch + "/a", files.get(1).get("r2_key").asText());
    files.forEach(file -> api.put(file.get("presigned_url").asText(), HELLO).expect(200));
    Answer completed = complete(batch, completions).expect(200);
    assertEquals(7, completed.version());
    assertEquals(Sha256.of(HELLO).hex(), completed.field("files").get(2).get("sha256").asText());
    assertEquals(7, start(batch, starts).expect(200).version());
    assertEquals(7, complete(batch, completions).expect(200).version());
    api.finalizeBatch(batch).expect(200);
  }

  @Test
  void oneThatIsRefusedDoesNotKeepTheOthers() {
    String batch = api.init(2);
    Map<String, Object> nothing = Collections.emptyMap();
    JsonNode started =
        start(
                batch,
                List.of(
                    nothing,
                    ApiClient.startRequest("/a", 5),
                    ApiClient.startRequest("/a/b", 5),
                    ApiClient.startRequest("/../c", 5)))
            .expect(200)
            .field("files");
    assertEquals("INVALID_REQUEST", started.get(0).get("code").asText());
    assertEquals("CONFLICT", started.get(2).get("code").asText());
    assertEquals("INVALID_REQUEST", started.get(3).get("code").asText());
    api.put(started.get(1).get("presigned_url").asText(), HELLO).expect(200);
    JsonNode completed =
        complete(batch, List.of(completion(batch, "/gone"), completion(batch, "/a"), nothing))
            .expect(200)
            .field("files");
    assertEquals("FILE_NOT_FOUND", completed.get(0).get("code").asText());
    assertEquals(true, completed.get(1).get("success").asBoolean());
    assertEquals("INVALID_REQUEST", completed.get(2).get("code").asText());
    assertEquals(3, api.versionOf(batch));
  }

  @Test
  void tooManyAndNoneAndNull() {
    String batch = api.init(1);
    start(batch, List.of()).expect(200);
    start(batch, Collections.nCopies(1001, "x")).expect(400);
    start(batch, Collections.nCopies(1001, Map.of())).expect(413, "TOO_LARGE");
    JsonNode files = start(batch, Collections.singletonList(null)).expect(200).field("files");
    assertEquals("INVALID_REQUEST", files.get(0).get("code").asText());
    start("01K0000000000000000000000Z", List.of()).expect(404, "BATCH_NOT_FOUND");
    assertEquals(1, api.versionOf(batch));
  }
}
