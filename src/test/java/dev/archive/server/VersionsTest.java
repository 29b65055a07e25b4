package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.archive.server.ApiClient.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VersionsTest {
  private static final int CLIENTS = 64;
  private static final int FILES_EACH = 6;

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
  void capabilitiesAreThoseThatWork() {
    List<String> capabilities = new ArrayList<>();
    api.get("/").field("capabilities").forEach(each -> capabilities.add(each.asText()));
    assertEquals(
        List.of(
            "versions",
            "contract",
            "digests",
            "bulk",
            "bundle",
            "resume",
            "history",
            "empty-files",
            "any-name",
            "amend",
            "audit",
            "headers",
            "part-pages",
            "archive-id",
            "tokens",
            "content",
            "attributes"),
        capabilities);
  }

  @Test
  void callThatIsNoneIsNotFound() {
    String batch = api.init(1);
    api.postText("/api/batches/" + batch + "/files/rename", "").expect(404, "NOT_FOUND");
  }

  @Test
  void everyChangeTakesTheNextVersionAndEveryAnswerTellsIt() {
    Answer init = api.post("/api/batches/init", ApiClient.initRequest(2, 2)).expect(201);
    assertEquals(1, init.version());
    String batch = init.text("batch_id");
    assertEquals(1, api.status(batch, "?summary=true").version());
    assertEquals(2, api.start(batch, "/a", 1).version());
    Answer b = api.start(batch, "/b", 1);
    assertEquals(3, b.version());
    api.put(b.text("presigned_url"), new byte[1]).expect(200);
    assertEquals(3, api.status(batch, "").version(), "bytes that arrive are no change");
    assertEquals(4, api.complete(batch, "/b").version());
    assertEquals(4, api.complete(batch, "/b").version(), "what changes nothing has no version");
    assertEquals(4, api.start(batch, "/a", 1).version());
    assertEquals(5, api.start(batch, "/a", 0).version(), "a file replaced is a change");
    api.finalizeBatch(batch).expect(400);
    assertEquals(5, api.versionOf(batch));
    api.put(api.start(batch, "/a", 0).text("presigned_url"), new byte[0]).expect(200);
    assertEquals(6, api.complete(batch, "/a").version());
    assertEquals(7, api.finalizeBatch(batch).version());
    assertEquals(7, api.finalizeBatch(batch).version());
    assertEquals(7, api.status(batch, "?since=0&limit=1").version());
  }

  @Test
  void sixtyFourClientsLoseNothingAndVersionsHaveNoGap() throws Exception {
    String batch = api.init(CLIENTS * FILES_EACH);
    Set<Long> versions = new HashSet<>();
    for (List<Long> each :
        AllAtOnce.run(
            CLIENTS,
            client -> {
              List<Long> seen = new ArrayList<>();
              for (int file = 0; file < FILES_EACH; file++) {
                String path = "/client " + client + "/file " + file;
                byte[] content = path.repeat(file).getBytes(UTF_8);
                Answer start = api.start(batch, path, content.length).expect(200);
                seen.add(start.version());
                api.put(start.text("presigned_url"), content).expect(200);
                seen.add(api.complete(batch, path).expect(200).version());
              }
              return seen;
            })) {
      versions.addAll(each);
      assertEquals(each.stream().sorted().toList(), each, "versions only rise for one client");
    }
    long changes = 2L * CLIENTS * FILES_EACH;
    Set<Long> expected = new HashSet<>();
    LongStream.rangeClosed(2, changes + 1).forEach(expected::add);
    assertEquals(expected, versions);

    Answer status = api.status(batch, "").expect(200);
    assertEquals(changes + 1, status.version());
    assertEquals(CLIENTS * FILES_EACH, status.number("files_uploaded"));
    Set<String> paths = new HashSet<>();
    for (JsonNode file : status.field("files")) {
      assertEquals("completed", file.get("status").asText());
      paths.add(file.get("logical_path").asText());
    }
    assertEquals(CLIENTS * FILES_EACH, paths.size());
    Answer receipt = api.finalizeBatch(batch, "If-Match", status.etag()).expect(200);
    assertEquals(CLIENTS * FILES_EACH, receipt.number("files_uploaded"));
    assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
    assertEquals(CLIENTS * FILES_EACH, BagCheck.payload(server.bag(batch)).size());
  }

  @Test
  void manyClientsThatRegisterOneFileMakeOneFile() throws Exception {
    String batch = api.init(1);
    byte[] content = "the same".getBytes(UTF_8);
    AllAtOnce.run(
        16,
        client -> {
          api.add(batch, "/one", content);
          return null;
        });
    assertEquals(3, api.versionOf(batch));
    assertEquals(1, api.finalizeBatch(batch).expect(200).number("files_uploaded"));
  }

  @Test
  void summaryHasTheHeadAndNoFiles() {
    String batch = api.init(1);
    api.add(batch, "/a", new byte[3]);
    JsonNode summary = api.status(batch, "?summary=true").expect(200).json();
    assertFalse(summary.has("files"));
    assertEquals(1, summary.get("files_uploaded").asLong());
    assertEquals(3, summary.get("total_bytes_uploaded").asLong());
  }

  @Test
  void walkingByPagesGivesTheSameFilesInOrderOfVersion() {
    String batch = api.init(25);
    for (int i = 0; i < 25; i++) {
      api.start(batch, "/" + (i * 7 % 25), i).expect(200);
    }
    Map<String, String> whole = filesByPath(api.status(batch, "").field("files"));
    for (int limit : new int[] {1, 2, 7, 24, 25, 26, 1_000_000}) {
      Map<String, String> walked = new TreeMap<>();
      long since = 0;
      long last = 0;
      boolean more = true;
      while (more) {
        Answer page = api.status(batch, "?since=" + since + "&limit=" + limit).expect(200);
        assertTrue(page.field("files").size() <= limit);
        for (JsonNode file : page.field("files")) {
          assertTrue(file.get("version").asLong() > last);
          last = file.get("version").asLong();
        }
        walked.putAll(filesByPath(page.field("files")));
        more = page.json().has("next");
        if (more) {
          assertEquals(limit, page.field("files").size());
          since = page.number("next");
          assertEquals(last, since);
        }
      }
      assertEquals(whole, walked, "pages of " + limit);
    }
  }

  @Test
  void sinceAVersionGivesOnlyWhatChangedAfterIt() {
    String batch = api.init(3);
    api.add(batch, "/a", new byte[1]);
    api.start(batch, "/b", 1).expect(200);
    long seen = api.versionOf(batch);
    assertEquals(0, api.status(batch, "?since=" + seen).field("files").size());
    api.start(batch, "/c", 1).expect(200);
    api.start(batch, "/b", 2).expect(200);
    Answer delta = api.status(batch, "?since=" + seen).expect(200);
    assertEquals(Set.of("/b", "/c"), filesByPath(delta.field("files")).keySet());
    assertFalse(delta.json().has("next"));
    assertEquals(0, api.status(batch, "?since=999999999999999999").field("files").size());
  }

  private static Map<String, String> filesByPath(JsonNode files) {
    Map<String, String> byPath = new TreeMap<>();
    files.forEach(file -> byPath.put(file.get("logical_path").asText(), file.toString()));
    return byPath;
  }
}
