package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import dev.archive.server.ApiClient.Answer;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListTest {
  @TempDir Path root;

  @Test
  void batchesComeByIdInPages() {
    try (RunningServer server = RunningServer.on(root)) {
      ApiClient api = server.api();
      assertEquals(0, api.get("/api/batches").expect(200).field("batches").size());
      List<String> made = new ArrayList<>();
      for (int i = 0; i < 7; i++) {
        made.add(api.init(1));
      }
      List<String> ascending = made.stream().sorted().toList();
      for (int limit : new int[] {1, 3, 7, 8, 1000}) {
        List<String> walked = new ArrayList<>();
        String after = "";
        while (after != null) {
          Answer page = api.get("/api/batches?limit=" + limit + after).expect(200);
          walked.addAll(ids(page));
          after = page.json().has("next") ? "&after=" + page.text("next") : null;
        }
        assertEquals(ascending, walked, "pages of " + limit);
      }
    }
  }

  @Test
  void elementIsTheHeadOfTheStatus() {
    try (RunningServer server = RunningServer.on(root)) {
      ApiClient api = server.api();
      String batch = api.init(2);
      api.add(batch, "/a", "hello".getBytes(UTF_8));
      JsonNode element = api.get("/api/batches").expect(200).field("batches").get(0);
      assertEquals(api.status(batch, "?summary=true").json(), element);
      assertFalse(element.has("files"));
    }
  }

  @Test
  void statusFilters() {
    try (RunningServer server = RunningServer.on(root)) {
      ApiClient api = server.api();
      String open = api.init(1);
      String aborted = api.init(1);
      String done = api.init(1);
      api.send("DELETE", server.url() + "/api/batches/" + aborted, BodyPublishers.noBody());
      api.add(done, "/a", new byte[1]);
      api.finalizeBatch(done).expect(200);
      assertEquals(List.of(open), ids(api.get("/api/batches?status=uploading").expect(200)));
      assertEquals(List.of(aborted), ids(api.get("/api/batches?status=aborted").expect(200)));
      assertEquals(List.of(done), ids(api.get("/api/batches?status=enqueued&limit=1").expect(200)));
      assertEquals(List.of(), ids(api.get("/api/batches?status=failed").expect(200)));
    }
  }

  @Test
  void largeMetadataMakesPagesShorterAndLosesNothing() {
    try (RunningServer server = RunningServer.on(root)) {
      ApiClient api = server.api();
      for (int i = 0; i < 6; i++) {
        Map<String, Object> request = ApiClient.initRequest(1, 0);
        List<String> words = List.of("x".repeat(200_000), "y".repeat(200_000));
        request.put("metadata", Map.of("words", words));
        api.post("/api/batches/init", request).expect(201);
      }
      Answer page = api.get("/api/batches").expect(200);
      assertEquals(3, ids(page).size());
      Answer rest = api.get("/api/batches?after=" + page.text("next")).expect(200);
      assertEquals(3, ids(rest).size());
      assertFalse(rest.json().has("next"));
    }
  }

  @Test
  void wrongParametersAreRefused() {
    try (RunningServer server = RunningServer.on(root)) {
      ApiClient api = server.api();
      for (String query : List.of("status=gone", "limit=0", "limit=1001", "limit=x", "after=1")) {
        api.get("/api/batches?" + query).expect(400, "INVALID_REQUEST");
      }
      api.postText("/api/batches", "").expect(405, "METHOD_NOT_ALLOWED");
    }
  }

  private static List<String> ids(Answer list) {
    List<String> ids = new ArrayList<>();
    list.field("batches").forEach(each -> ids.add(each.get("batch_id").asText()));
    return ids;
  }
}
