package dev.archive.server;

import static dev.archive.server.ApiClient.initRequest;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient.Answer;
import dev.archive.wire.Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code If-Match} and {@code Idempotency-Key} of every call that changes something. */
class PreconditionsTest {
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

  private static String files(String batch, String call) {
    return "/api/batches/" + batch + "/files/" + call;
  }

  private static Answer bundle(String batch, String... headers) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Bundle.Writer tar = new Bundle.Writer(bytes)) {
      for (int i = 0; i < 600; i++) {
        tar.add(LogicalPath.parse("/t" + i), "image/tiff", Sha256.of(HELLO), HELLO, HELLO.length);
      }
    }
    return api.send(
        "POST",
        server.url() + files(batch, "bundle"),
        BodyPublishers.ofByteArray(bytes.toByteArray()),
        headers);
  }

  @Test
  void everyChangeHonoursIfMatch() throws IOException {
    String batch = api.init(602);
    Map<String, Object> start = ApiClient.startRequest("/a", 5);
    Map<String, Object> bulk = Map.of("files", List.of(ApiClient.startRequest("/b", 5)));
    Map<String, Object> complete = Map.of("r2_key", "staging/" + batch + "/a");
    Map<String, Object> many =
        Map.of("files", List.of(Map.of("r2_key", "staging/" + batch + "/b")));
    String other = "\"77\"";

    api.post(files(batch, "start"), start, "If-Match", other).expect(412, "VERSION_CONFLICT");
    String url =
        api.post(files(batch, "start"), start, "If-Match", "\"1\"")
            .expect(200)
            .text("presigned_url");
    api.put(url, HELLO, "If-Match", other).expect(400);
    api.put(url, HELLO).expect(200);
    api.post(files(batch, "start"), bulk, "If-Match", "\"1\"").expect(412, "VERSION_CONFLICT");
    Answer started = api.post(files(batch, "start"), bulk, "If-Match", "\"2\"").expect(200);
    api.put(started.json().at("/files/0/presigned_url").asText(), HELLO).expect(200);
    api.post(files(batch, "complete"), complete, "If-Match", other).expect(412, "VERSION_CONFLICT");
    api.post(files(batch, "complete"), complete, "If-Match", "\"3\"").expect(200);
    api.post(files(batch, "complete"), many, "If-Match", other).expect(412, "VERSION_CONFLICT");
    api.post(files(batch, "complete"), many, "If-Match", "\"4\"").expect(200);
    bundle(batch, "If-Match", other).expect(412, "VERSION_CONFLICT");
    assertEquals(5, api.versionOf(batch));
    bundle(batch, "If-Match", "\"5\"").expect(200);
    assertEquals(1205, api.versionOf(batch));
    api.finalizeBatch(batch, "If-Match", other).expect(412, "VERSION_CONFLICT");
    api.finalizeBatch(batch, "If-Match", "\"1205\"").expect(200);

    String open = api.init(1);
    String path = server.url() + "/api/batches/" + open;
    api.send("DELETE", path, BodyPublishers.noBody(), "If-Match", other)
        .expect(412, "VERSION_CONFLICT");
    assertEquals("uploading", api.status(open, "").text("status"));
    api.send("DELETE", path, BodyPublishers.noBody(), "If-Match", "\"1\"").expect(200);
    api.send("DELETE", path, BodyPublishers.noBody(), "If-Match", "\"1\"").expect(200);
    api.post("/api/batches/init", initRequest(1, 0), "If-Match", "\"1\"")
        .expect(412, "VERSION_CONFLICT");
  }

  @Test
  void severalVersionsAreAListInOneLineOrMore() {
    Map<String, Object> start = ApiClient.startRequest("/a", 5);
    for (String[] headers :
        new String[][] {
          {"If-Match", "\"9\", \"1\""},
          {"If-Match", "\"9\"", "If-Match", "\"1\""},
          {"If-Match", "\"1\"", "If-Match", "\"9\""},
          {"If-Match", "*"},
        }) {
      api.post(files(api.init(1), "start"), start, headers).expect(200);
    }
    api.post(files(api.init(1), "start"), start, "If-Match", "\"8\"", "If-Match", "\"9\"")
        .expect(412, "VERSION_CONFLICT");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1", "\"x\"", "W/\"1\"", "\"1\",", ",\"1\"", "\"1\" \"2\"", "*, \"1\"", ""})
  void otherConditionsAreRefused(String malformed) {
    String batch = api.init(1);
    api.post(files(batch, "start"), ApiClient.startRequest("/a", 5), "If-Match", malformed)
        .expect(400, "INVALID_REQUEST");
    assertEquals(1, api.versionOf(batch));
  }

  @Test
  void keyOfInitCoversTheWholeRequest() {
    Map<String, Object> request = initRequest(1, 5);
    request.put("metadata", Map.of("a", 1));
    String batch =
        api.post("/api/batches/init", request, "Idempotency-Key", "whole")
            .expect(201)
            .text("batch_id");
    assertEquals(
        batch,
        api.post("/api/batches/init", request, "Idempotency-Key", "whole")
            .expect(201)
            .text("batch_id"));
    Map<String, Object> others =
        Map.of(
            "metadata",
            Map.of("a", 2),
            "parent_pi",
            "A".repeat(26),
            "custom_prompts",
            Map.of("p", "q"),
            "uploader",
            "somebody else",
            "root_path",
            "/other",
            "file_count",
            2,
            "total_size",
            6);
    others.forEach(
        (field, value) -> {
          Map<String, Object> other = initRequest(1, 5);
          other.put("metadata", Map.of("a", 1));
          other.put(field, value);
          api.post("/api/batches/init", other, "Idempotency-Key", "whole").expect(409, "CONFLICT");
        });
    Map<String, Object> without = initRequest(1, 5);
    api.post("/api/batches/init", without, "Idempotency-Key", "whole").expect(409, "CONFLICT");
    api.post("/api/batches/init", request, "Idempotency-Key", "a", "Idempotency-Key", "b")
        .expect(400, "INVALID_REQUEST");
  }

  @Test
  void keyOfAChangeBelongsToOneRequest() {
    String batch = api.init(2);
    String[] key = {"Idempotency-Key", "k"};
    Map<String, Object> start = ApiClient.startRequest("/a", 5);
    api.post(files(batch, "start"), start, key).expect(200);
    api.post(files(batch, "start"), start, key).expect(200);
    Map<String, Object> other = ApiClient.startRequest("/a", 5);
    other.put("content_type", "text/plain");
    api.post(files(batch, "start"), other, key).expect(409, "CONFLICT");
    api.post(files(batch, "start"), ApiClient.startRequest("/b", 5), key).expect(409, "CONFLICT");
    api.post(files(batch, "complete"), Map.of("r2_key", "staging/" + batch + "/a"), key)
        .expect(409);
    api.send("DELETE", server.url() + "/api/batches/" + batch, BodyPublishers.noBody(), key)
        .expect(409, "CONFLICT");
    assertEquals(2, api.versionOf(batch));
    String elsewhere = api.init(1);
    api.post(files(elsewhere, "start"), start, key).expect(200);
  }
}
