package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.Sha256;
import dev.archive.server.ApiClient.Answer;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Idempotency of init and start. */
class RegistrationTest {
  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private static final byte[] OTHER = "other".getBytes(UTF_8);
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
  void sameIdempotencyKeyGivesTheSameBatch() throws Exception {
    Set<String> batches =
        new HashSet<>(AllAtOnce.run(8, i -> init("the same wish", 3).expect(201).text("batch_id")));
    assertEquals(1, batches.size());
    assertNotEquals(batches, Set.of(init("another wish", 3).text("batch_id")));
    assertNotEquals(api.init(3), api.init(3), "without a key every init is a batch of its own");
  }

  @Test
  void idempotencyKeyOfABatchDeclaredDifferentlyIsAConflict() {
    init("key", 3).expect(201);
    init("key", 4).expect(409, "CONFLICT");
    Map<String, Object> request = ApiClient.initRequest(3, 0);
    request.put("root_path", "/other");
    api.post("/api/batches/init", request, "Idempotency-Key", "key").expect(409, "CONFLICT");
  }

  @Test
  void idempotencyKeyAnswersThePresentVersion() {
    String batch = init("moving on", 1).text("batch_id");
    api.add(batch, "/a", HELLO);
    Answer again = init("moving on", 1).expect(201);
    assertEquals(batch, again.text("batch_id"));
    assertEquals(3, again.version());
  }

  @Test
  void idempotencyKeyOfABatchThatWasGivenUpMakesAnother() {
    String aborted = init("given up", 1).text("batch_id");
    api.send("DELETE", server.url() + "/api/batches/" + aborted, BodyPublishers.noBody())
        .expect(200);
    String next = init("given up", 1).expect(201).text("batch_id");
    assertNotEquals(aborted, next);
    assertEquals(next, init("given up", 1).expect(201).text("batch_id"));
  }

  @Test
  void emptyIdempotencyKeyIsRefused() {
    init("", 1).expect(400, "INVALID_REQUEST");
    init("  ", 1).expect(400, "INVALID_REQUEST");
  }

  @Test
  void repeatedStartIsTheSameRegistrationWithFreshUrls() {
    String batch = api.init(1);
    Answer first = api.start(batch, "/a", 5).expect(200);
    Answer second = api.start(batch, "/a", 5).expect(200);
    assertEquals(first.version(), second.version());
    assertEquals(first.text("r2_key"), second.text("r2_key"));
    api.put(first.text("presigned_url"), HELLO).expect(200);
    api.put(second.text("presigned_url"), HELLO).expect(200);
    assertEquals(1, api.status(batch, "").field("files").size());
  }

  @Test
  void anotherSizeReplacesAFileThatIsNotComplete() {
    String batch = api.init(1);
    Answer old = api.start(batch, "/a", 6).expect(200);
    api.put(old.text("presigned_url"), "longer".getBytes(UTF_8)).expect(200);
    Answer replaced = api.start(batch, "/a", 5).expect(200);
    assertEquals(old.version() + 1, replaced.version());
    api.complete(batch, "/a").expect(409, "BYTES_MISSING");
    api.put(old.text("presigned_url"), "longer".getBytes(UTF_8)).expect(409, "CONFLICT");
    api.put(replaced.text("presigned_url"), HELLO).expect(200);
    assertEquals(Sha256.of(HELLO).hex(), api.complete(batch, "/a").expect(200).text("sha256"));
    assertEquals(5, api.finalizeBatch(batch).expect(200).number("total_bytes"));
  }

  @Test
  void anotherDigestReplacesAFileThatIsNotComplete() {
    String batch = api.init(1);
    Answer first = api.start(batch, "/a", 5, "sha256", Sha256.of(HELLO).hex()).expect(200);
    api.put(first.text("presigned_url"), HELLO).expect(200);
    Answer second = api.start(batch, "/a", 5, "cid", Sha256.of(OTHER).cid()).expect(200);
    assertEquals(first.version() + 1, second.version());
    api.complete(batch, "/a").expect(422, "FIXITY_MISMATCH");
    api.put(second.text("presigned_url"), OTHER).expect(200);
    assertEquals(Sha256.of(OTHER).hex(), api.complete(batch, "/a").expect(200).text("sha256"));
  }

  @Test
  void anotherSizeOrDigestIsAConflictAgainstACompleteFile() {
    String batch = api.init(1);
    api.add(batch, "/a", HELLO);
    api.start(batch, "/a", 6).expect(409, "CONFLICT");
    api.start(batch, "/a", 5, "sha256", Sha256.of(OTHER).hex()).expect(409, "CONFLICT");
    Answer same = api.start(batch, "/a", 5, "sha256", Sha256.of(HELLO).hex()).expect(200);
    assertEquals("completed", same.text("status"));
    assertEquals(3, same.version());
    assertEquals("completed", api.start(batch, "/a", 5).expect(200).text("status"));
  }

  @Test
  void sizeMayChangeBetweenSimpleAndMultipart() {
    String batch = api.init(1);
    Answer simple = api.start(batch, "/a", 5).expect(200);
    api.put(simple.text("presigned_url"), HELLO).expect(200);
    Answer large = api.start(batch, "/a", 5 * MIB).expect(200);
    api.complete(batch, "/a").expect(409, "BYTES_MISSING");
    String url = large.field("presigned_urls").get(0).get("url").asText();
    api.put(url, new byte[5 * MIB]).expect(200);
    api.start(batch, "/a", 5).expect(200);
    api.put(url, new byte[5 * MIB]).expect(409, "CONFLICT");
    api.complete(batch, "/a").expect(200);
    assertEquals(5, api.finalizeBatch(batch).expect(200).number("total_bytes"));
  }

  @Test
  void repeatedMultipartStartContinuesTheSameUpload() {
    String batch = api.init(1);
    byte[] content = new byte[5 * MIB];
    Answer first = api.start(batch, "/big", content.length).expect(200);
    api.put(first.field("presigned_urls").get(0).get("url").asText(), content).expect(200);
    Answer second = api.start(batch, "/big", content.length).expect(200);
    assertEquals(first.text("upload_id"), second.text("upload_id"));
    assertEquals(first.version(), second.version());
    Answer third =
        api.start(batch, "/big", content.length, "sha256", Sha256.of(content).hex()).expect(200);
    assertEquals(first.text("upload_id"), third.text("upload_id"), "only the digest became known");
    api.complete(batch, "/big").expect(200);
  }

  @Test
  void anotherMultipartContentForgetsThePartsOfTheFirst() {
    String batch = api.init(1);
    byte[] content = new byte[5 * MIB];
    String digest = Sha256.of(content).hex();
    Answer first = api.start(batch, "/big", content.length, "sha256", "1".repeat(64)).expect(200);
    api.put(first.field("presigned_urls").get(0).get("url").asText(), content).expect(200);
    Answer second = api.start(batch, "/big", content.length, "sha256", digest).expect(200);
    assertNotEquals(first.text("upload_id"), second.text("upload_id"));
    api.complete(batch, "/big").expect(409, "BYTES_MISSING");
    api.put(first.field("presigned_urls").get(0).get("url").asText(), content)
        .expect(409, "CONFLICT");
    api.put(second.field("presigned_urls").get(0).get("url").asText(), content).expect(200);
    assertEquals(digest, api.complete(batch, "/big").expect(200).text("sha256"));
  }

  @Test
  void startSaysWhetherTheFileIsComplete() {
    String batch = api.init(1);
    assertEquals("uploading", api.start(batch, "/a", 5).text("status"));
    api.add(batch, "/a", HELLO);
    assertFalse(api.start(batch, "/a", 5).text("presigned_url").isEmpty());
  }

  @Test
  void sizesFromZeroToTheLargestExactIntegerAreTaken() {
    String batch = api.init(1);
    api.start(batch, "/a", 0).expect(200);
    // The largest is taken as a number; that no disk has room for it is another answer.
    Answer huge = api.start(batch, "/huge", (1L << 53) - 1).expect(507, "STORAGE_FULL");
    assertEquals((1L << 53) - 1, huge.field("details").get("declared").asLong());
    assertTrue(huge.field("details").get("free").asLong() > 0);
    for (String size : List.of("-1", "9007199254740992", "9223372036854775807")) {
      api.postText(
              "/api/batches/" + batch + "/files/start",
              "{\"logical_path\":\"/x\",\"file_size\":" + size + "}")
          .expect(400, "INVALID_REQUEST");
    }
  }

  private static Answer init(String key, long files) {
    return api.post("/api/batches/init", ApiClient.initRequest(files, 0), "Idempotency-Key", key);
  }
}
