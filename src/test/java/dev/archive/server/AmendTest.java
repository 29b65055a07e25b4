package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient.Answer;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A batch that ends with fewer files than were declared. */
class AmendTest {
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

  private static Answer forget(String batch, String path, String... headers) {
    return api.post(
        "/api/batches/" + batch + "/files/forget",
        Map.of("r2_key", "staging/" + batch + path),
        headers);
  }

  private static Map<String, String> skipped(String path) {
    return Map.of("path", path, "reason", "cannot be read: permission denied");
  }

  /** Finalizes a batch that holds {@code /a} alone. */
  private static Answer amend(String batch, List<?> skipped) {
    String line = Sha256.of("/a".getBytes(UTF_8)) + "  data/a\n";
    Map<String, Object> request = new LinkedHashMap<>();
    request.put(
        "expected",
        Map.of("files", 1, "bytes", 2, "manifest_sha256", Sha256.of(line.getBytes(UTF_8)).hex()));
    request.put("amended", true);
    request.put("skipped", skipped);
    return api.post("/api/batches/" + batch + "/finalize", request);
  }

  private static List<String> kinds(String batch) {
    List<String> kinds = new ArrayList<>();
    api.get("/api/batches/" + batch + "/history")
        .expect(200)
        .field("events")
        .forEach(event -> kinds.add(event.get("kind").asText()));
    return kinds;
  }

  @Test
  void aBatchGoesOnWithoutAFileAndNamesIt() throws IOException {
    assertTrue(api.get("/").field("capabilities").toString().contains("\"amend\""));
    String batch = api.init(2);
    api.add(batch, "/a", "/a".getBytes(UTF_8));
    String url = api.start(batch, "/b", 2).expect(200).text("presigned_url");
    api.put(url, "/b".getBytes(UTF_8)).expect(200);
    assertTrue(Files.exists(root.resolve("batches/" + batch + "/data/b")));
    long before = api.versionOf(batch);
    assertEquals(before + 1, forget(batch, "/b").expect(200).version());
    assertEquals(before + 1, forget(batch, "/b").expect(200).version(), "again");
    assertFalse(Files.exists(root.resolve("batches/" + batch + "/data/b")), "its bytes are gone");
    api.put(url, "/b".getBytes(UTF_8)).expect(404, "FILE_NOT_FOUND");
    api.complete(batch, "/b").expect(404, "FILE_NOT_FOUND");

    Answer receipt = amend(batch, List.of(skipped("/b"), skipped("/home/x/b\u0007"))).expect(200);
    assertEquals(before + 3, receipt.version());
    assertEquals(
        receipt.body(),
        amend(batch, List.of(skipped("/home/x/b\u0007"), skipped("/b"))).expect(200).body());
    amend(batch, List.of(skipped("/c"))).expect(409, "CONTRACT_MISMATCH");
    assertEquals(receipt.body(), api.finalizeBatch(batch).expect(200).body());

    for (String query : List.of("", "?summary=true")) {
      Answer status = api.status(batch, query).expect(200);
      assertEquals(2, status.field("skipped").size());
      assertEquals("/b", status.field("skipped").get(0).get("path").asText());
      assertEquals(1, status.number("file_count"));
    }
    assertEquals(
        List.of(
            "created",
            "registered",
            "completed",
            "registered",
            "forgotten",
            "amended",
            "finalized"),
        kinds(batch));
    Path bag = root.resolve("batches/" + batch);
    assertEquals(List.of(), BagCheck.problems(bag));
    byte[] named = Files.readAllBytes(bag.resolve("skipped-files.jsonl"));
    assertTrue(
        Files.readString(bag.resolve("tagmanifest-sha256.txt")).contains(Sha256.of(named).hex()));
    assertEquals(2, Files.readAllLines(bag.resolve("skipped-files.jsonl")).size());
    assertTrue(
        api.get("/api/batches/" + batch + "/history").body().contains(Sha256.of(named).hex()),
        "the chain of events vouches for the list");

    assertEquals(List.of(), audited(batch));
    Files.writeString(bag.resolve("skipped-files.jsonl"), "");
    assertEquals(List.of("skipped-files.jsonl"), audited(batch));
  }

  /** A list of megabytes comes in pages, and each answer is small. */
  @Test
  void manySkippedFilesAreToldInPages() {
    String batch = api.init(701);
    api.add(batch, "/a", "/a".getBytes(UTF_8));
    List<Map<String, String>> many = new ArrayList<>();
    for (int i = 0; i < 700; i++) {
      many.add(skipped("/\u00e9\ud83d\ude00".repeat(100) + "x".repeat(2000) + (10_000 + i)));
    }
    amend(batch, many).expect(200);
    List<String> told = new ArrayList<>();
    String from = "";
    while (from != null) {
      Answer page = api.status(batch, "?summary=true" + from).expect(200);
      assertTrue(page.body().length() < 100_000, "of " + page.body().length());
      page.field("skipped").forEach(each -> told.add(each.get("path").asText()));
      from =
          page.json().has("skipped_next") ? "&skipped_from=" + page.number("skipped_next") : null;
    }
    assertEquals(many.stream().map(each -> each.get("path")).toList(), told);
    assertTrue(api.status(batch, "").expect(200).body().length() < 100_000);
    api.status(batch, "?summary=true&skipped_from=1").expect(400, "INVALID_REQUEST");
    api.status(batch, "?summary=true&skipped_from=x").expect(400, "INVALID_REQUEST");
    assertEquals(
        0,
        api.status(batch, "?summary=true&skipped_from=999999999")
            .expect(200)
            .field("skipped")
            .size());
  }

  private static List<String> audited(String batch) {
    List<String> found = new ArrayList<>();
    String next = "";
    while (next != null) {
      Answer page = api.get("/api/batches/" + batch + "/audit" + next).expect(200);
      page.field("findings").forEach(each -> found.add(each.get("path").asText()));
      next = page.json().has("next") ? "?after=" + page.text("next") : null;
    }
    return found;
  }

  @Test
  void whatIsNotNamedIsNotLeftOut() {
    String batch = api.init(3);
    api.add(batch, "/a", "/a".getBytes(UTF_8));
    api.finalizeBatch(batch).expect(409, "CONTRACT_MISMATCH");
    amend(batch, List.of()).expect(409, "CONTRACT_MISMATCH");
    amend(batch, List.of(skipped("/b"))).expect(409, "CONTRACT_MISMATCH");
    amend(batch, List.of(skipped("/b"), skipped("/a"))).expect(409, "CONTRACT_MISMATCH");
    api.start(batch, "/c", 1).expect(200);
    amend(batch, List.of(skipped("/b"), skipped("/c"))).expect(400, "FILES_INCOMPLETE");
    forget(batch, "/c").expect(200);
    amend(batch, List.of(skipped("/b"), skipped("/c"))).expect(200);
  }

  @Test
  void whatIsExpectedIsWhatWasDeclaredUnlessAmended() {
    String batch =
        api.post("/api/batches/init", ApiClient.initRequest(1, 7)).expect(201).text("batch_id");
    api.add(batch, "/a", "/a".getBytes(UTF_8));
    api.finalizeExpecting(batch, Map.of("files", 1, "bytes", 2)).expect(409, "CONTRACT_MISMATCH");
    amend(batch, List.of()).expect(200);
  }

  @Test
  void aCompletedFileIsNotForgottenAndAVersionIsHonoured() {
    String batch = api.init(2);
    api.add(batch, "/a", "/a".getBytes(UTF_8));
    forget(batch, "/a").expect(409, "CONFLICT");
    api.start(batch, "/b", 1).expect(200);
    long version = api.versionOf(batch);
    forget(batch, "/b", "If-Match", "\"" + (version - 1) + "\"").expect(412, "VERSION_CONFLICT");
    forget(batch, "/b", "If-Match", "\"" + version + "\"").expect(200);
    amend(batch, List.of(skipped("/b"))).expect(200);
    forget(batch, "/b").expect(400, "NOT_UPLOADING");
  }

  @Test
  void whatLiesBehindALinkStays() throws IOException {
    String batch = api.init(1);
    String url = api.start(batch, "/box/b", 2).expect(200).text("presigned_url");
    api.put(url, "/b".getBytes(UTF_8)).expect(200);
    Path box = root.resolve("batches/" + batch + "/data/box");
    Path outside = Files.move(box, root.resolveSibling(root.getFileName() + "-outside"));
    Files.createSymbolicLink(box, outside);
    forget(batch, "/box/b").expect(200);
    assertTrue(Files.exists(outside.resolve("b")));
    Files.delete(box);
    Files.move(outside, box);
    forget(batch, "/box/b").expect(200);
    assertFalse(Files.exists(box.resolve("b")));
  }

  @Test
  void aLateRepetitionBringsNothingBack() {
    String batch = api.init(1);
    String start = "/api/batches/" + batch + "/files/start";
    api.post(start, ApiClient.startRequest("/b", 1), "Idempotency-Key", "one").expect(200);
    api.post(start, ApiClient.startRequest("/b", 1), "Idempotency-Key", "two").expect(200);
    forget(batch, "/b").expect(200);
    for (String key : List.of("one", "two")) {
      api.post(start, ApiClient.startRequest("/b", 1), "Idempotency-Key", key)
          .expect(409, "CONFLICT");
    }
    api.post(start, ApiClient.startRequest("/b", 2), "Idempotency-Key", "three").expect(200);
  }

  @Test
  void forgettingAtTheSameMomentHappensOnce() throws Exception {
    String batch = api.init(1);
    api.start(batch, "/b", 1).expect(200);
    long version = api.versionOf(batch);
    assertEquals(
        1, new HashSet<>(AllAtOnce.run(8, i -> forget(batch, "/b").expect(200).body())).size());
    assertEquals(version + 1, api.versionOf(batch));
  }

  @Test
  void partsOfAForgottenFileAreNotThoseOfTheNextOne() {
    String batch = api.init(1);
    Answer first = api.start(batch, "/b", 11 << 20).expect(200);
    byte[] part = new byte[10 << 20];
    api.put(first.field("presigned_urls").get(0).get("url").asText(), part).expect(200);
    forget(batch, "/b").expect(200);
    Answer second = api.start(batch, "/b", 11 << 20).expect(200);
    assertFalse(second.json().has("received"), second.body());
    api.put(first.field("presigned_urls").get(0).get("url").asText(), part).expect(409, "CONFLICT");
  }

  @Test
  void aMalformedAmendmentIsRefused() {
    String batch = api.init(1);
    api.add(batch, "/a", "/a".getBytes(UTF_8));
    String url = api.url() + "/api/batches/" + batch;
    for (String body :
        List.of(
            "{\"amended\":true}",
            "{\"amended\":true,\"expected\":{\"files\":1}}",
            "{\"skipped\":[{\"path\":\"/b\",\"reason\":\"x\"}]}")) {
      api.send("POST", url + "/finalize", BodyPublishers.ofString(body))
          .expect(400, "INVALID_REQUEST");
    }
    for (Object odd :
        List.of(
            Map.of("path", "/b"),
            Map.of("path", "", "reason", "x"),
            Map.of("path", "/b", "reason", "x".repeat(1001)),
            Map.of("path", "x".repeat(9000), "reason", "x"))) {
      amend(batch, List.of(odd)).expect(400, "INVALID_REQUEST");
    }
    amend(batch, List.of(skipped("/b"), skipped("/b"))).expect(400, "INVALID_REQUEST");
    api.send("POST", url + "/files/forget", BodyPublishers.ofString("{}"))
        .expect(400, "INVALID_REQUEST");
    api.send("POST", url + "/files/forget", BodyPublishers.ofString("{\"r2_key\":\"elsewhere\"}"))
        .expect(404, "FILE_NOT_FOUND");
    api.finalizeBatch(batch).expect(200);
  }

  @Test
  void aLongListOfSkippedFilesKeepsNobodyFromTheBatch() {
    String batch = api.init(30_001);
    api.add(batch, "/a", "/a".getBytes(UTF_8));
    List<Map<String, String>> list = new ArrayList<>();
    for (int i = 0; i < 30_000; i++) {
      list.add(Map.of("path", "/" + "long name ".repeat(8) + i, "reason", "it is gone ".repeat(8)));
    }
    amend(batch, list).expect(200);
    CommandRun status = CommandRun.of(Map.of(), "status", "--server", server.url(), batch);
    assertEquals(0, status.exit(), status.err());
  }
}
