package dev.archive.server.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.archive.server.ApiClient;
import dev.archive.server.ApiClient.Answer;
import dev.archive.server.RunningServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The URLs of parts come in pages to callers that ask, and as a stream to those that do not. */
class PartPagesTest {
  private static final int PARTS = 251;
  private static final long PART = 10 << 20;
  private static final long SIZE = (PARTS - 1) * PART + 1;

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

  private static Map<String, Object> request(String path, long size, Object... more) {
    Map<String, Object> request = new LinkedHashMap<>(ApiClient.startRequest(path, size));
    for (int i = 0; i < more.length; i += 2) {
      request.put((String) more[i], more[i + 1]);
    }
    return request;
  }

  private static Answer start(String batch, Object request) {
    return api.post("/api/batches/" + batch + "/files/start", request);
  }

  private static Answer parts(String batch, Answer start, Object... more) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("r2_key", start.text("r2_key"));
    request.put("upload_id", start.text("upload_id"));
    for (int i = 0; i < more.length; i += 2) {
      request.put((String) more[i], more[i + 1]);
    }
    return api.post("/api/batches/" + batch + "/files/parts", request);
  }

  private static Map<String, Object> range(int from, int max) {
    return Map.of("from", from, "max", max);
  }

  private static List<Integer> numbers(JsonNode list) {
    List<Integer> numbers = new ArrayList<>();
    list.forEach(each -> numbers.add(each.get("part_number").asInt()));
    return numbers;
  }

  private static List<Integer> numbers(int first, int last) {
    return IntStream.rangeClosed(first, last).boxed().toList();
  }

  @Test
  void pagesFollowEachOtherUntilTheLastPart() {
    String batch = api.init(1);
    Answer page = start(batch, request("/big", SIZE, "part_urls", range(1, 100))).expect(200);
    Answer first = page;
    List<Integer> seen = new ArrayList<>(numbers(page.field("presigned_urls")));
    while (page.json().has("next_part")) {
      page = parts(batch, first, "from", page.number("next_part"), "max", 100).expect(200);
      assertEquals(first.text("upload_id"), page.text("upload_id"));
      assertEquals(first.version(), page.version());
      seen.addAll(numbers(page.field("presigned_urls")));
    }
    assertEquals(numbers(1, PARTS), seen);
    assertEquals(51, page.field("presigned_urls").size());
  }

  @Test
  void pageHasAtMostAHundredParts() {
    String batch = api.init(1);
    Answer start = start(batch, request("/big", SIZE, "part_urls", range(7, 1 << 30))).expect(200);
    assertEquals(numbers(7, 106), numbers(start.field("presigned_urls")));
    assertEquals(107, start.number("next_part"));
    assertEquals(numbers(1, 100), numbers(parts(batch, start).expect(200).field("presigned_urls")));
    assertEquals(
        numbers(3, 4),
        numbers(parts(batch, start, "from", 3, "max", 2).expect(200).field("presigned_urls")));
    assertEquals(
        0, parts(batch, start, "from", 1 << 30).expect(200).field("presigned_urls").size());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoDoesNotAskGetsAllPartsOfItsFile(boolean headers) {
    String batch = api.init(1);
    Answer all = start(batch, request("/big", SIZE, "headers", headers)).expect(200);
    assertEquals(numbers(1, PARTS), numbers(all.field("presigned_urls")));
    assertFalse(all.json().has("next_part"));
    assertFalse(all.json().has("received"));
    assertEquals("multipart", all.text("upload_type"));
    assertEquals(PART, all.number("part_size"));
    assertTrue(all.version() > 1);
    assertEquals(headers, all.field("presigned_urls").get(PARTS - 1).has("headers"));
  }

  @Test
  void whatArrivedIsToldInThePageOfItsPart() {
    String batch = api.init(1);
    Answer all = start(batch, request("/big", SIZE, "headers", true)).expect(200);
    String etag =
        api.put(all.field("presigned_urls").get(PARTS - 1).get("url").asText(), new byte[1])
            .expect(200)
            .etag();
    Answer again = start(batch, request("/big", SIZE)).expect(200);
    assertEquals(numbers(1, PARTS), numbers(again.field("presigned_urls")));
    assertEquals(numbers(PARTS, PARTS), numbers(again.field("received")));
    assertEquals(etag, '"' + again.field("received").get(0).get("etag").asText() + '"');
    assertFalse(
        start(batch, request("/big", SIZE, "part_urls", range(1, 100))).json().has("received"));
    assertEquals(
        numbers(PARTS, PARTS), numbers(parts(batch, again, "from", 201).field("received")));
  }

  @Test
  void answerAboutManyFilesHasAHundredUrlsInAll() {
    String batch = api.init(4);
    List<Object> files =
        List.of(
            request("/a", 61 * PART),
            request("/small", 5),
            request("/b", 61 * PART, "part_urls", range(1, 10)),
            request("/c", 61 * PART),
            request("/d", 61 * PART));
    JsonNode answers = start(batch, Map.of("files", files)).expect(200).field("files");
    List<Integer> counts = new ArrayList<>();
    List<Integer> next = new ArrayList<>();
    for (int i : List.of(0, 2, 3, 4)) {
      counts.add(answers.get(i).get("presigned_urls").size());
      next.add(answers.get(i).path("next_part").asInt());
    }
    assertEquals(List.of(61, 10, 29, 0), counts);
    assertEquals(List.of(0, 11, 30, 1), next);
    assertTrue(answers.get(1).has("presigned_url"));
  }

  @Test
  void rangesThatAreNoneAreRefused() {
    String batch = api.init(1);
    for (Map<String, Object> bad : List.of(range(0, 1), range(1, 0), range(-1, 5))) {
      start(batch, request("/x", SIZE, "part_urls", bad)).expect(400, "INVALID_REQUEST");
      JsonNode bulk =
          start(batch, Map.of("files", List.of(request("/x", SIZE, "part_urls", bad))))
              .expect(200)
              .field("files");
      assertEquals("INVALID_REQUEST", bulk.get(0).get("code").asText());
    }
    Answer start = start(batch, request("/big", SIZE)).expect(200);
    parts(batch, start, "from", 0).expect(400, "INVALID_REQUEST");
    parts(batch, start, "upload_id", "01ARZ3NDEKTSV4RRFFQ69G5FAV").expect(409, "CONFLICT");
    parts(batch, start, "upload_id", "").expect(400, "INVALID_REQUEST");
    parts(batch, start, "r2_key", "staging/" + batch + "/none").expect(404, "FILE_NOT_FOUND");
  }

  @Test
  void sizesBeyondTheRoomAreRefusedOneByOne() {
    String batch = api.init(200);
    List<Object> files =
        IntStream.range(0, 200).<Object>mapToObj(i -> request("/f" + i, (1L << 53) - 1)).toList();
    JsonNode answers = start(batch, Map.of("files", files)).expect(200).field("files");
    assertEquals(200, answers.size());
    answers.forEach(each -> assertEquals("STORAGE_FULL", each.get("code").asText()));
    assertEquals(0, api.get("/api/batches/" + batch + "/status").field("files").size());
    start("01ARZ3NDEKTSV4RRFFQ69G5FAV", request("/x", 1L << 52)).expect(404, "BATCH_NOT_FOUND");
  }

  /** However many parts are missing in a complete, it is told in few words. */
  @Test
  void completeThatNamesNoPartIsRefusedBriefly() {
    String batch = api.init(1);
    Answer start = start(batch, request("/big", 61 * PART)).expect(200);
    for (JsonNode url : start.field("presigned_urls")) {
      api.put(url.get("url").asText(), new byte[1]).expect(200);
    }
    Answer refused = api.complete(batch, "/big", "parts", List.of()).expect(400, "INVALID_REQUEST");
    assertEquals("61 parts of /big are not named, the first of them 1", refused.text("error"));
    assertNull(refused.json().get("details"));
  }
}
