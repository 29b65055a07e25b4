package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.testing.ServerFixture;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can be had by GET can be asked for by HEAD; what cannot, cannot. */
class HeadTest {
  @TempDir Path root;

  @Test
  void headAnswersAsGetDoesWithoutItsBody() throws Exception {
    try (IngestServer server = ServerFixture.start(root)) {
      ApiClient api = new ApiClient(server.url(), false);
      String batch =
          api.post("/api/batches/init", ApiClient.initRequest(1, 0))
              .expect(201)
              .field("batch_id")
              .asText();
      for (String path :
          new String[] {
            "/",
            "/health/live",
            "/health/ready",
            "/api/batches",
            "/api/batches/" + batch + "/status",
            "/api/batches/" + batch + "/status?summary=true",
            "/api/batches/" + batch + "/history"
          }) {
        HttpResponse<String> head = ask(server.url() + path);
        assertEquals(200, head.statusCode(), path);
        assertEquals("", head.body(), path);
        // None is right where the answer has no length before it is read.
        long length = head.headers().firstValueAsLong("Content-Length").orElse(-1);
        assertTrue(length == -1 || length == api.get(path).body().length(), path + ": " + length);
      }
      HttpResponse<String> refused = ask(server.url() + "/api/batches/init");
      assertEquals(405, refused.statusCode());
      assertEquals("POST", refused.headers().firstValue("Allow").orElse(""));
    }
  }

  @Test
  void headOfAuditReadsNoObject() throws Exception {
    try (IngestServer server = ServerFixture.start(root)) {
      ApiClient api = new ApiClient(server.url(), false);
      String batch = api.init(1);
      api.add(batch, "/a", new byte[] {1});
      api.finalizeBatch(batch).expect(200);
      String audit = "/api/batches/" + batch + "/audit";
      assertEquals(200, ask(server.url() + audit).statusCode());
      assertEquals(409, ask(server.url() + "/api/batches/" + gone(api) + "/audit").statusCode());
      assertEquals(400, ask(server.url() + audit + "?sample=x").statusCode());
      assertEquals(1, api.get(audit + "?max_age=3600").number("files_read"));
    }
  }

  private static String gone(ApiClient api) {
    String batch = api.init(1);
    api.send("DELETE", api.url() + "/api/batches/" + batch, HttpRequest.BodyPublishers.noBody())
        .expect(200);
    return batch;
  }

  private static HttpResponse<String> ask(String url) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(url))
                .method("HEAD", HttpRequest.BodyPublishers.noBody())
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }
}
