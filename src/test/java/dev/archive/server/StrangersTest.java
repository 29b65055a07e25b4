package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.Secret;
import dev.archive.server.ApiClient.Answer;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is kept out of a server that nobody has to show a token. */
class StrangersTest {
  @TempDir static Path root;
  private static RunningServer server;
  private static ApiClient api;

  @BeforeAll
  static void start() {
    server =
        RunningServer.on(
            new ServerOptions(root, "127.0.0.1", 0, "https://archive.example:8443/in", "test")
                .withCorsOrigin("https://pages.example"),
            Clock.systemUTC());
    api = server.api();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** What a page in a browser can have sent without being asked first: a form of plain text. */
  private static String init(String... headers) throws IOException {
    String body = ApiClient.json(ApiClient.initRequest(1, 1));
    String head =
        "POST /api/batches/init HTTP/1.1\r\nConnection: close\r\nContent-Type: text/plain\r\n"
            + "Content-Length: "
            + body.length()
            + "\r\n"
            + String.join("\r\n", headers);
    return server.exchange((head + "\r\n\r\n" + body).getBytes(UTF_8));
  }

  private static void assertRefused(String answer, String words) {
    assertTrue(answer.startsWith("HTTP/1.1 403 "), answer);
    assertTrue(answer.contains("\"code\":\"FORBIDDEN\""), answer);
    assertTrue(answer.contains(words), answer);
    assertTrue(api.get("/api/batches").expect(200).field("batches").isEmpty());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "attacker.example",
        "attacker.example:8787",
        "localhost.attacker.example",
        "127.0.0.1.attacker.example",
        "xlocalhost",
        "10.0.0.1",
        "0.0.0.0",
        "127.1",
        "2130706433",
        "[::ffff:10.0.0.1]",
        "pages.example",
        "archive.example.attacker.example",
      })
  void hostOfAnotherIsRefused(String host) throws IOException {
    assertRefused(init("Host: " + host), "is not called");
  }

  @Test
  void targetOfAnotherHostIsRefused() throws IOException {
    String answer =
        server.exchange(
            ("GET http://attacker.example/api/batches HTTP/1.1\r\nHost: attacker.example\r\n"
                    + "Connection: close\r\n\r\n")
                .getBytes(UTF_8));
    assertRefused(answer, "is not called");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://attacker.example",
        "null",
        "",
        "https://localhost:8787",
        "http://localhost:8788",
        "http://localhost",
        "http://localhost:8787/",
        "http://localhost:8787.attacker.example",
        "https://archive.example",
        "https://pages.example.attacker.example",
        "http://localhost:8787, http://attacker.example",
        "file://",
      })
  void pagesOfAnotherOriginAreRefused(String origin) throws IOException {
    assertRefused(init("Host: localhost:8787", "Origin: " + origin), "may not call this server");
  }

  @Test
  void everyOriginOfSeveralMustBeKnown() throws IOException {
    assertRefused(
        init(
            "Host: localhost:8787",
            "Origin: http://localhost:8787",
            "Origin: http://attacker.example"),
        "may not call this server");
  }

  @Test
  void pageOfAnotherSiteIsRefusedThoughItNamesNoOrigin() throws IOException {
    assertRefused(init("Host: localhost", "Sec-Fetch-Site: cross-site"), "page of another site");
    assertRefused(init("Host: localhost", "sec-fetch-site: Cross-Site"), "page of another site");
  }

  @Test
  void uploadUrlsAreKeptFromPagesToo() throws IOException {
    String answer =
        server.exchange(
            ("PUT /upload/x?size=5 HTTP/1.1\r\nHost: attacker.example\r\nConnection: close\r\n"
                    + "Content-Length: 0\r\n\r\n")
                .getBytes(UTF_8));
    assertRefused(answer, "is not called");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Host: localhost",
        "Host: LOCALHOST:1",
        "Host: 127.0.0.1:9",
        "Host: 127.3.2.1",
        "Host: [::1]:8787",
        "Host: archive.example",
        "Host: Archive.Example:8443",
        "Host: localhost:8787\r\nOrigin: http://localhost:8787",
        "Host: localhost\r\nOrigin: https://archive.example:8443",
        "Host: localhost\r\nOrigin: https://pages.example\r\nSec-Fetch-Site: cross-site",
        "Host: localhost\r\nSec-Fetch-Site: same-origin",
        "Host: localhost\r\nSec-Fetch-Site: none",
      })
  void ownNamesAndPagesAreServed(String headers) throws IOException {
    String answer =
        server.exchange(
            ("GET /api/batches HTTP/1.1\r\nConnection: close\r\n" + headers + "\r\n\r\n")
                .getBytes(UTF_8));
    assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
  }

  @Test
  void embeddedServerIsForItsProcessAlone(@TempDir Path home) {
    Secret secret = Secret.random();
    ServerOptions options =
        new ServerOptions(home, "127.0.0.1", 0, null, "test", Duration.ofDays(7), true, null)
            .admitting(new Admission.ThisProcess(secret));
    assertFalse(options.toString().contains(secret.reveal()));
    try (RunningServer embedded = RunningServer.on(options, Clock.systemUTC())) {
      String[] known = {"Authorization", "Bearer " + secret.reveal()};
      ApiClient stranger = embedded.api();
      String batch =
          stranger
              .post("/api/batches/init", ApiClient.initRequest(1, 1), known)
              .expect(201)
              .text("batch_id");
      String ofBatch = "/api/batches/" + batch;
      for (String path : new String[] {"/", "/health/live", "/api/batches", ofBatch + "/status"}) {
        stranger.get(path).expect(401, "UNAUTHORIZED");
        assertEquals(200, get(embedded, path, known).status());
        for (String wrong :
            new String[] {
              "",
              "Bearer",
              "Bearer ",
              "Bearer " + Secret.random().reveal(),
              "Bearer " + secret.reveal() + "x",
              "bearer" + secret.reveal(),
              "Basic " + secret.reveal(),
              secret.reveal(),
            }) {
          assertEquals(401, get(embedded, path, "Authorization", wrong).status(), wrong);
        }
        assertEquals(
            400,
            get(embedded, path, "Authorization", known[1], "Authorization", known[1]).status());
        assertEquals(401, get(embedded, path + "?token=" + secret.reveal()).status());
      }
      stranger
          .send("DELETE", embedded.url() + ofBatch, BodyPublishers.noBody())
          .expect(401, "UNAUTHORIZED");
      stranger.start(batch, "/a", 1).expect(401, "UNAUTHORIZED");
      String url =
          stranger
              .post(ofBatch + "/files/start", ApiClient.startRequest("/a", 1), known)
              .expect(200)
              .text("presigned_url");
      stranger.put(url, new byte[1]).expect(200);
      assertEquals(
          Map.of("status", "uploading"),
          Map.of("status", get(embedded, ofBatch + "/status", known).text("status")));
    }
  }

  private static Answer get(RunningServer server, String path, String... headers) {
    return server.api().send("GET", server.url() + path, BodyPublishers.noBody(), headers);
  }
}
