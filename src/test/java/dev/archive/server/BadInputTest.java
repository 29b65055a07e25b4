package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.archive.server.ApiClient.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sends every request of {@code bad-requests.tsv}, and some whose point is time or cutting. */
class BadInputTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MIB = 1 << 20;

  @TempDir static Path root;
  private static RunningServer server;
  private static ApiClient api;
  private static Map<String, String> values;
  private static Map<String, String> state;

  @BeforeAll
  static void start() throws Exception {
    server = RunningServer.on(root);
    api = server.api();
    values = new HashMap<>();
    byte[] hello = "hello".getBytes(UTF_8);

    String batch = api.init(9);
    values.put("batch", batch);
    String done = api.start(batch, "/done.txt", 5).text("presigned_url");
    api.put(done, hello).expect(200);
    api.complete(batch, "/done.txt").expect(200);
    values.put("done", target(done));
    String open = target(api.start(batch, "/dir/open.txt", 5).text("presigned_url"));
    values.put("url", open);
    values.put("url.path", open.substring(0, open.indexOf('?')));
    values.put("url.expires", open.replaceAll(".*expires=([0-9]+).*", "$1"));
    values.put("url.key", open.replaceAll(".*key=([0-9a-f]+).*", "$1"));
    values.put("url.signature", open.replaceAll(".*signature=", ""));
    values.put("stale", target(api.start(batch, "/anew.txt", 6).text("presigned_url")));
    api.start(batch, "/anew.txt", 5).expect(200);
    api.start(batch, "/big", 11 * MIB).expect(200);
    Answer sent = api.start(batch, "/sent", 5 * MIB).expect(200);
    api.put(sent.field("presigned_urls").get(0).get("url").asText(), new byte[5 * MIB]).expect(200);

    String finished = api.init(1);
    values.put("final", finished);
    String url = api.start(finished, "/done.txt", 5).text("presigned_url");
    api.put(url, hello).expect(200);
    api.complete(finished, "/done.txt").expect(200);
    api.finalizeBatch(finished).expect(200);
    values.put("finished", target(url));

    String few = api.init(2);
    api.add(few, "/a", hello);
    values.put("few", few);
    values.put("empty", api.init(1));
    api.post("/api/batches/init", ApiClient.initRequest(77, 77), "Idempotency-Key", "used")
        .expect(201);
    state = state();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  static List<BadRequest> rows() throws IOException {
    try (InputStream in = BadInputTest.class.getResourceAsStream("/bad-requests.tsv")) {
      return new String(in.readAllBytes(), UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .map(BadRequest::parse)
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void requestIsRefusedAndChangesNothing(BadRequest row) throws Exception {
    String answer = server.exchange(row.bytes(values));
    assertRefused(answer, row.status(), row.code());
  }

  @Test
  void everyRowHasItsOwnName() throws IOException {
    Set<String> names = new TreeSet<>();
    for (BadRequest row : rows()) {
      assertTrue(names.add(row.what()), row.what());
    }
  }

  @Test
  void bodyThatEndsTooEarlyIsRefusedAndNothingIsKept() throws Exception {
    for (String request :
        List.of(
            "PUT "
                + values.get("url")
                + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhel",
            "PUT "
                + values.get("url")
                + " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
            "POST /api/batches/init HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{\"upl")) {
      try (Socket socket = server.connect()) {
        socket.getOutputStream().write(request.getBytes(UTF_8));
        socket.shutdownOutput();
        assertRefused(RunningServer.readAll(socket), 400, "BODY_SIZE");
      }
    }
  }

  @Test
  void requestCutAnywhereChangesNothing() throws Exception {
    byte[] request =
        ("PUT "
                + values.get("url")
                + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhell")
            .getBytes(UTF_8);
    for (int length = 1; length < request.length; length += 7) {
      try (Socket socket = server.connect()) {
        socket.getOutputStream().write(request, 0, length);
        socket.shutdownOutput();
        String answer = RunningServer.readAll(socket);
        // The code says that it was cut, and not that it was wrong: a client tries again.
        if (!answer.isEmpty()) {
          assertRefused(answer, 400, "BODY_SIZE");
        }
      }
    }
    assertUnharmed();
  }

  @Test
  void clientThatIsGoneBeforeItsAnswerHarmsNobody() throws Exception {
    for (int i = 0; i < 50; i++) {
      try (Socket socket = server.connect()) {
        socket.setSoLinger(true, 0);
        socket
            .getOutputStream()
            .write(
                ("GET /api/batches/"
                        + values.get("batch")
                        + "/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    .getBytes(UTF_8));
      }
    }
    assertUnharmed();
  }

  @Test
  void wrongUrlIsRefusedBeforeItsBodyIsRead() throws Exception {
    String head =
        String.join(
            "\r\n",
            "PUT /upload/x?size=5&expires=1&signature=0 HTTP/1.1",
            "Host: localhost",
            "Content-Length: 1000000000",
            "Expect: 100-continue",
            "",
            "");
    try (Socket socket = server.connect()) {
      socket.getOutputStream().write(head.getBytes(UTF_8));
      byte[] first = socket.getInputStream().readNBytes("HTTP/1.1 403".length());
      assertEquals("HTTP/1.1 403", new String(first, UTF_8));
    }
    assertUnharmed();
  }

  @Test
  void refusalOfAHeadRequestHasNoBody() throws Exception {
    String answer =
        server.exchange(
            "HEAD /api/batches/init HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                .getBytes(UTF_8));
    assertTrue(answer.startsWith("HTTP/1.1 405 "), answer);
    assertTrue(answer.endsWith("\r\n\r\n"), answer);
  }

  @Test
  void pipelinedRequestsAreAnsweredEachAndInOrder() throws Exception {
    String answer =
        server.exchange(
            String.join(
                    "\r\n",
                    "GET /health/live HTTP/1.1",
                    "Host: localhost",
                    "",
                    "GET /nothing HTTP/1.1",
                    "Host: localhost",
                    "",
                    "GET / HTTP/1.1",
                    "Host: localhost",
                    "Connection: close",
                    "",
                    "")
                .getBytes(UTF_8));
    List<String> statuses =
        answer
            .lines()
            .filter(line -> line.contains("HTTP/1.1 "))
            .map(l -> l.replaceAll(".*HTTP/1.1 (\\d+).*", "$1"))
            .toList();
    assertEquals(List.of("200", "404", "200"), statuses);
  }

  private static void assertRefused(String answer, int status, String code) throws Exception {
    assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), () -> shown(answer));
    int head = answer.indexOf("\r\n\r\n");
    String body = answer.substring(head + 4);
    assertTrue(
        answer.substring(0, head).toLowerCase(java.util.Locale.ROOT).contains("application/json"),
        () -> shown(answer));
    JsonNode problem = JSON.readTree(body);
    assertEquals(code, problem.path("code").asText(), () -> shown(answer));
    assertFalse(problem.path("error").asText().isBlank(), () -> shown(answer));
    for (String internal :
        List.of(
            "\tat ",
            "Exception",
            "java.",
            "jetty",
            "jackson",
            "dev.archive",
            "sqlite",
            "character -1",
            "HTTP ERROR",
            root.toString())) {
      assertFalse(answer.contains(internal), () -> internal + " in " + shown(answer));
    }
    if (status == 405) {
      assertTrue(answer.contains("\r\nAllow: "), () -> shown(answer));
    }
    assertUnharmed();
  }

  private static String shown(String answer) {
    return answer.length() > 600 ? answer.substring(0, 600) : answer;
  }

  private static void assertUnharmed() throws Exception {
    api.get("/health/ready").expect(200);
    Map<String, String> before = state;
    state = state();
    Set<Map.Entry<String, String>> changed = new HashSet<>(state.entrySet());
    changed.removeAll(before.entrySet());
    assertEquals(Set.of(), changed, "came or changed");
    assertEquals(before.keySet(), state.keySet());
  }

  /** Every file below the root, and every row of the ledger. */
  private static Map<String, String> state() throws IOException, SQLException {
    Map<String, String> all = new TreeMap<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String name = root.relativize(file).toString();
        if (Files.isRegularFile(file) && !name.startsWith("state.db")) {
          all.put(name, Files.size(file) + " " + Files.getLastModifiedTime(file));
        }
      }
    }
    try (Connection ledger =
            DriverManager.getConnection("jdbc:sqlite:" + root.resolve("state.db"));
        Statement statement = ledger.createStatement()) {
      for (String table : List.of("batch", "file", "part")) {
        try (ResultSet rows = statement.executeQuery("SELECT * FROM " + table)) {
          int number = 0;
          while (rows.next()) {
            StringBuilder row = new StringBuilder();
            for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
              row.append(Objects.toString(rows.getObject(i))).append('|');
            }
            all.put("row " + table + " " + number++, row.toString());
          }
        }
      }
    }
    return all;
  }

  private static String target(String url) {
    URI uri = URI.create(url);
    return uri.getRawPath() + "?" + uri.getRawQuery();
  }
}
