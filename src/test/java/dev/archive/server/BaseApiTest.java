package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient.Answer;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Part 1 of the API, as clients of existing deployments call it. */
class BaseApiTest {
  private static final int MIB = 1 << 20;
  private static final byte[] HELLO = "hello".getBytes(UTF_8);

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
  void rootTellsServiceVersionAndHealth() {
    Answer answer = api.get("/").expect(200);
    assertFalse(answer.text("service").isEmpty());
    assertEquals("test", answer.text("version"));
    assertEquals("healthy", answer.text("status"));
  }

  @Test
  void initAnswersIdsOfTheirForm() {
    Answer answer = api.post("/api/batches/init", ApiClient.initRequest(2, 10)).expect(201);
    assertTrue(answer.text("batch_id").matches("[0-7][0-9A-HJKMNP-TV-Z]{25}"));
    assertTrue(answer.text("session_id").matches("sess_[0-7][0-9A-HJKMNP-TV-Z]{25}"));
  }

  @Test
  void initTakesEveryFieldOfTheBaseAndIgnoresUnknownOnes() {
    Map<String, Object> request = ApiClient.initRequest(1, 5);
    request.put("metadata", Map.of("collection", "Briefe", "box", 7));
    request.put("parent_pi", "01K0000000000000000000000Z");
    request.put("custom_prompts", Map.of("general", "read slowly"));
    request.put("colour_of_the_box", List.of("grey"));
    String batch = api.post("/api/batches/init", request).expect(201).text("batch_id");
    Answer status = api.status(batch, "").expect(200);
    assertEquals("Briefe", status.field("metadata").get("collection").asText());
    assertEquals(7, status.field("metadata").get("box").asInt());
    assertEquals("01K0000000000000000000000Z", status.text("parent_pi"));
    assertEquals("read slowly", status.field("custom_prompts").get("general").asText());
  }

  @Test
  void initTakesTheRootPathSlash() {
    Map<String, Object> request = ApiClient.initRequest(1, 5);
    request.put("root_path", "/");
    api.post("/api/batches/init", request).expect(201);
  }

  @Test
  void statusHasEveryFieldOfTheBase() {
    String batch = api.init(2);
    api.add(batch, "/letters/a.tif", HELLO);
    api.start(batch, "/letters/b.tif", 3).expect(200);
    JsonNode status = api.status(batch, "").expect(200).json();
    for (String field :
        List.of(
            "batch_id session_id status uploader root_path parent_pi file_count files_uploaded"
                .split(" "))) {
      assertTrue(status.hasNonNull(field), field);
    }
    assertTrue(status.has("enqueued_at") && status.get("enqueued_at").isNull());
    assertTrue(status.get("metadata").toString().equals("{}"));
    assertFalse(status.has("custom_prompts"));
    assertEquals("uploading", status.get("status").asText());
    assertEquals("0".repeat(26), status.get("parent_pi").asText());
    assertEquals(2, status.get("file_count").asLong());
    assertEquals(1, status.get("files_uploaded").asLong());
    assertEquals(0, status.get("total_size").asLong());
    assertEquals(5, status.get("total_bytes_uploaded").asLong());
    assertNotNull(Instant.parse(status.get("created_at").asText()));

    JsonNode done = status.get("files").get(0);
    assertEquals("staging/" + batch + "/letters/a.tif", done.get("r2_key").asText());
    assertEquals("a.tif", done.get("file_name").asText());
    assertEquals(5, done.get("file_size").asLong());
    assertEquals("/letters/a.tif", done.get("logical_path").asText());
    assertEquals("image/tiff", done.get("content_type").asText());
    assertTrue(done.get("processing_config").get("ocr").asBoolean());
    assertEquals("simple", done.get("upload_type").asText());
    assertEquals("completed", done.get("status").asText());
    assertNotNull(Instant.parse(done.get("completed_at").asText()));
    assertEquals(Sha256.of(HELLO).cid(), done.get("cid").asText());

    JsonNode open = status.get("files").get(1);
    assertEquals("uploading", open.get("status").asText());
    assertTrue(open.has("completed_at") && open.get("completed_at").isNull());
    assertTrue(open.has("cid") && open.get("cid").isNull());
  }

  @Test
  void smallFileGoesUpWithOnePutAndNoCredentials() throws IOException {
    String batch = api.init(1);
    Answer start = api.start(batch, "/letters/1871/may.tif", 5).expect(200);
    assertEquals("staging/" + batch + "/letters/1871/may.tif", start.text("r2_key"));
    assertEquals("simple", start.text("upload_type"));
    assertFalse(start.json().has("upload_id"));
    Answer put =
        api.put(start.text("presigned_url"), HELLO, "Content-Type", "image/tiff").expect(200);
    assertTrue(put.etag().matches("\"[^\"]+\""));
    assertTrue(
        api.complete(batch, "/letters/1871/may.tif").expect(200).field("success").asBoolean());
    Path object = server.bag(batch).resolve("data/letters/1871/may.tif");
    assertArrayEquals(HELLO, Files.readAllBytes(object));
  }

  @Test
  void completingTwiceIsFine() {
    String batch = api.init(1);
    api.add(batch, "/a", HELLO);
    long version = api.versionOf(batch);
    Answer again = api.complete(batch, "/a").expect(200);
    assertTrue(again.field("success").asBoolean());
    assertEquals(version, again.version());
  }

  @Test
  void finalizeAnswersWhatTheBatchHoldsAndTwiceTheSame() {
    String batch = api.init(2);
    api.add(batch, "/a", HELLO);
    api.add(batch, "/b", "other".getBytes(UTF_8));
    Answer first = api.finalizeBatch(batch).expect(200);
    assertEquals(batch, first.text("batch_id"));
    assertEquals("enqueued", first.text("status"));
    assertEquals(2, first.number("files_uploaded"));
    assertEquals(10, first.number("total_bytes"));
    assertTrue(first.text("r2_prefix").startsWith("staging/" + batch));
    assertEquals(first.body(), api.finalizeBatch(batch).expect(200).body());
    Answer status = api.status(batch, "").expect(200);
    assertEquals("enqueued", status.text("status"));
    assertNotNull(Instant.parse(status.text("enqueued_at")));
  }

  @Test
  void startAfterFinalizeIsRefusedAndCompleteChangesNothing() {
    String batch = api.init(1);
    api.add(batch, "/a", HELLO);
    long version = api.finalizeBatch(batch).expect(200).version();
    String refusal = "Batch status is enqueued, expected uploading";
    api.start(batch, "/late", 5).expect(400, "NOT_UPLOADING", refusal);
    api.start(batch, "/a", 5).expect(400, "NOT_UPLOADING", refusal);
    api.complete(batch, "/late").expect(404, "FILE_NOT_FOUND", "File not found in batch");
    api.complete(batch, "/a").expect(200);
    assertEquals(version, api.versionOf(batch));
  }

  @Test
  void finalizeNamesTheFilesThatAreNotComplete() {
    String batch = api.init(2);
    api.add(batch, "/a", HELLO);
    api.start(batch, "/dir/open.tif", 5).expect(200);
    Answer refused =
        api.finalizeBatch(batch).expect(400, "FILES_INCOMPLETE", "Not all files completed");
    assertEquals("[\"open.tif\"]", refused.field("incomplete").toString());
    assertEquals("uploading", api.status(batch, "?summary=true").text("status"));
  }

  @Test
  void finalizeOfABatchWithoutFilesIsRefused() {
    api.finalizeBatch(api.init(0)).expect(400, "NO_FILES", "No files uploaded in this batch");
    api.finalizeBatch(api.init(3)).expect(400, "NO_FILES", "No files uploaded in this batch");
  }

  @Test
  void unknownBatchAndFileAreNotFound() {
    for (String batch : List.of("01K00000000000000000000000", "nonsense", "01k0")) {
      api.status(batch, "").expect(404, "BATCH_NOT_FOUND", "Batch not found");
      api.start(batch, "/a", 5).expect(404, "BATCH_NOT_FOUND", "Batch not found");
      api.complete(batch, "/a").expect(404, "BATCH_NOT_FOUND", "Batch not found");
      api.finalizeBatch(batch).expect(404, "BATCH_NOT_FOUND", "Batch not found");
    }
    String batch = api.init(1);
    api.complete(batch, "/a").expect(404, "FILE_NOT_FOUND", "File not found in batch");
    api.post("/api/batches/" + batch + "/files/complete", Map.of())
        .expect(400, "INVALID_REQUEST", "r2_key is missing");
  }

  @Test
  void keyOfAnotherBatchIsNotAFileOfThisOne() {
    String mine = api.init(1);
    String other = api.init(1);
    api.add(other, "/a", HELLO);
    api.post(
            "/api/batches/" + mine + "/files/complete", Map.of("r2_key", "staging/" + other + "/a"))
        .expect(404, "FILE_NOT_FOUND");
  }

  @Test
  void fromFiveMebibytesOnAFileGoesUpInParts() {
    String batch = api.init(3);
    assertEquals("simple", api.start(batch, "/below", 5 * MIB - 1).text("upload_type"));
    Answer at = api.start(batch, "/at", 5 * MIB).expect(200);
    assertEquals("multipart", at.text("upload_type"));
    assertEquals(10 * MIB, at.number("part_size"));
    assertEquals(1, at.field("presigned_urls").size());
    assertFalse(at.json().has("presigned_url"));
    assertEquals(1, api.start(batch, "/ten", 10 * MIB).field("presigned_urls").size());
    Answer more = api.start(batch, "/more", 10 * MIB + 1).expect(200);
    assertEquals(1, more.field("presigned_urls").get(0).get("part_number").asInt());
    assertEquals(2, more.field("presigned_urls").get(1).get("part_number").asInt());
    assertEquals(2, more.field("presigned_urls").size());
  }

  @Test
  void multipartUploadIsAssembledFromPartsInAnyOrder() throws IOException {
    byte[] content = random(10 * MIB + 12_345);
    String batch = api.init(1);
    Multipart upload = multipart(batch, "/big.bin", content.length);
    String second = upload.put(2, part(content, 2));
    String first = upload.put(1, part(content, 1));
    assertNotEquals(first, second);
    Answer done =
        upload.complete(batch, List.of(Map.of("part_number", 1, "etag", first), partOf(2, second)));
    done.expect(200);
    assertTrue(done.field("success").asBoolean());
    assertEquals(Sha256.of(content).hex(), done.text("sha256"));
    assertArrayEquals(content, Files.readAllBytes(server.bag(batch).resolve("data/big.bin")));
    Answer status = api.status(batch, "");
    assertEquals("multipart", status.field("files").get(0).get("upload_type").asText());
    api.finalizeBatch(batch).expect(200);
    assertTrue(BagCheck.problems(server.bag(batch)).isEmpty());
  }

  @Test
  void multipartWithWrongEtagIsRefusedAndTheRightOneThenWorks() {
    byte[] content = random(10 * MIB + 1);
    String batch = api.init(1);
    Multipart upload = multipart(batch, "/big.bin", content.length);
    String first = upload.put(1, part(content, 1));
    String second = upload.put(2, part(content, 2));
    upload
        .complete(batch, List.of(partOf(1, first), partOf(2, "\"0123456789abcdef\"")))
        .expect(400, "INVALID_REQUEST");
    upload
        .complete(batch, List.of(partOf(1, second), partOf(2, first)))
        .expect(400, "INVALID_REQUEST");
    Answer done = upload.complete(batch, List.of(partOf(1, first), partOf(2, second)));
    assertEquals(Sha256.of(content).hex(), done.expect(200).text("sha256"));
  }

  @Test
  void multipartWithAPartMissingIsNeverTruncated() {
    byte[] content = random(10 * MIB + 1);
    String batch = api.init(1);
    Multipart upload = multipart(batch, "/big.bin", content.length);
    upload.complete(batch, null).expect(409, "BYTES_MISSING");
    String first = upload.put(1, part(content, 1));
    upload.complete(batch, List.of(partOf(1, first))).expect(409, "BYTES_MISSING");
    String second = upload.put(2, part(content, 2));
    upload.complete(batch, List.of(partOf(1, first))).expect(400, "INVALID_REQUEST");
    upload
        .complete(batch, List.of(partOf(1, first), partOf(2, second), partOf(3, second)))
        .expect(400, "INVALID_REQUEST");
    upload
        .complete(batch, List.of(partOf(1, first), partOf(1, first), partOf(2, second)))
        .expect(400, "INVALID_REQUEST");
    assertEquals("uploading", api.status(batch, "").field("files").get(0).get("status").asText());
    upload.complete(batch, List.of(partOf(2, second), partOf(1, first))).expect(200);
  }

  @Test
  void partsOfAnotherUploadAreRefused() {
    String batch = api.init(1);
    Multipart upload = multipart(batch, "/big.bin", 5 * MIB);
    upload.put(1, new byte[5 * MIB]);
    api.complete(batch, "/big.bin", "upload_id", "01K00000000000000000000000")
        .expect(400, "INVALID_REQUEST");
  }

  @Test
  void repeatedPartThatFailsLeavesNoChangedBytesBehind() {
    byte[] content = random(5 * MIB);
    String batch = api.init(1);
    Multipart upload = multipart(batch, "/big.bin", content.length);
    String etag = upload.put(1, content);
    // Too long by one, which shows only at the end of a body without a length.
    byte[] other = new byte[10 * MIB + 1];
    api.send(
            "PUT",
            upload.urls().get(0),
            BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(other)))
        .expect(413, "TOO_LARGE");
    Answer done = upload.complete(batch, List.of(partOf(1, etag))).expect(200);
    assertEquals(Sha256.of(content).hex(), done.text("sha256"));
  }

  @Test
  void partsOfOneFileMayArriveAllAtOnce() throws Exception {
    byte[] content = random(32 * MIB + 5);
    String batch = api.init(1);
    Multipart upload = multipart(batch, "/big.bin", content.length);
    Set<String> etags = new HashSet<>();
    for (String etag :
        AllAtOnce.run(4, number -> upload.put(number + 1, part(content, number + 1)))) {
      etags.add(etag);
    }
    assertEquals(4, etags.size());
    Answer done = upload.complete(batch, null).expect(200);
    assertEquals(Sha256.of(content).hex(), done.text("sha256"));
  }

  /** The service's own clients strip the quotes; others send the header as it is. */
  @ParameterizedTest
  @ValueSource(strings = {"quoted", "unquoted", "mixed"})
  void partsAreNamedByTheirEtagsWithOrWithoutQuotes(String how) throws IOException {
    byte[] content = random(10 * MIB + 1);
    String batch = api.init(1);
    Multipart upload = multipart(batch, "/" + how, content.length);
    String first = upload.put(1, part(content, 1));
    String second = upload.put(2, part(content, 2));
    assertTrue(first.startsWith("\"") && second.startsWith("\""));
    Answer done =
        upload.complete(
            batch,
            List.of(
                partOf(1, how.equals("quoted") ? first : first.replace("\"", "")),
                partOf(2, how.equals("unquoted") ? second.replace("\"", "") : second)));
    assertEquals(Sha256.of(content).hex(), done.expect(200).text("sha256"));
    assertArrayEquals(content, Files.readAllBytes(server.bag(batch).resolve("data/" + how)));
  }

  private record Multipart(String path, String id, List<String> urls) {
    String put(int number, byte[] bytes) {
      return api.put(urls.get(number - 1), bytes).expect(200).etag();
    }

    Answer complete(String batch, List<Map<String, Object>> parts) {
      return parts == null
          ? api.complete(batch, path, "upload_id", id)
          : api.complete(batch, path, "upload_id", id, "parts", parts);
    }
  }

  private static Multipart multipart(String batch, String path, long size) {
    Answer start = api.start(batch, path, size).expect(200);
    List<String> urls = new ArrayList<>();
    start.field("presigned_urls").forEach(part -> urls.add(part.get("url").asText()));
    return new Multipart(path, start.text("upload_id"), urls);
  }

  private static Map<String, Object> partOf(int number, String etag) {
    return Map.of("part_number", number, "etag", etag);
  }

  private static byte[] part(byte[] content, int number) {
    int from = (number - 1) * 10 * MIB;
    return Arrays.copyOfRange(content, from, Math.min(content.length, from + 10 * MIB));
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }
}
