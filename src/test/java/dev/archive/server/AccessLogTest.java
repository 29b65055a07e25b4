package dev.archive.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.archive.model.Owner;
import dev.archive.model.Scope;
import dev.archive.server.ApiClient.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One line for each request of a real server, and nothing in it that a stranger wrote. */
class AccessLogTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Set<String> FIELDS =
      Set.of(
          "time",
          "request_id",
          "address",
          "owner",
          "token",
          "batch",
          "method",
          "route",
          "status",
          "bytes_in",
          "bytes_out",
          "duration_ms",
          "error");

  @TempDir private Path dir;

  private ServerOptions options() {
    return new ServerOptions(dir.resolve("root"), "127.0.0.1", 0, null, "test");
  }

  private RunningServer server(Path log) {
    return RunningServer.on(
        options().telling(new RequestLines.ToFile(log, 1 << 20)), Clock.systemUTC());
  }

  private static List<JsonNode> lines(String log) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String each : log.split("\n")) {
      JsonNode line = JSON.readTree(each);
      Set<String> fields = new TreeSet<>();
      line.fieldNames().forEachRemaining(fields::add);
      fields.removeAll(FIELDS);
      assertEquals(Set.of(), fields, each);
      lines.add(line);
    }
    return lines;
  }

  private static JsonNode of(List<JsonNode> lines, Answer answer) {
    String id = answer.headers().firstValue("X-Request-Id").orElseThrow();
    List<JsonNode> found =
        lines.stream().filter(line -> line.get("request_id").asText().equals(id)).toList();
    assertEquals(1, found.size(), id + " in " + lines);
    return found.get(0);
  }

  @Test
  void linesSayWhoDidWhatToWhichBatchAndNoSecret() throws IOException {
    Path log = dir.resolve("log");
    String token =
        TokenAdmin.create(
                dir.resolve("root"),
                Clock.systemUTC(),
                "ada-laptop",
                new Owner("ada"),
                Scope.UPLOAD,
                null)
            .text()
            .reveal();
    String[] shown = {"Authorization", "Bearer " + token};
    String forged = token.substring(0, token.length() - 4) + "zzzz";
    Answer init;
    Answer put;
    Answer stranger;
    Answer wrong;
    Answer unsigned;
    Answer absent;
    String url;
    try (RunningServer server = server(log)) {
      ApiClient api = server.api();
      init = api.post("/api/batches/init", ApiClient.initRequest(1, 5), shown).expect(201);
      String batch = init.text("batch_id");
      url =
          api.post(
                  "/api/batches/" + batch + "/files/start",
                  ApiClient.startRequest("/\u202egnp.exe", 5),
                  shown)
              .expect(200)
              .text("presigned_url");
      put = api.put(url, "hello".getBytes(UTF_8)).expect(200);
      stranger = api.get("/api/batches/" + batch + "/status?token=" + token).expect(401);
      wrong =
          api.send(
                  "GET",
                  server.url() + "/api/batches",
                  BodyPublishers.noBody(),
                  "Authorization",
                  "Bearer " + forged)
              .expect(401);
      unsigned = api.put(url + "0", "hello".getBytes(UTF_8)).expect(403);
      absent = api.get("/" + token + "?" + token).expect(404);
    }
    String text = Files.readString(log);
    for (String secret : List.of(token.substring(21), forged.substring(21), query(url), "gnp")) {
      assertFalse(text.contains(secret), text);
      for (Answer refused : List.of(stranger, wrong, unsigned, absent)) {
        assertFalse(refused.body().contains(secret), refused.body());
      }
    }
    List<JsonNode> lines = lines(text);
    assertEquals(7, lines.size());
    JsonNode first = of(lines, init);
    assertEquals("ada", first.get("owner").asText());
    assertEquals("ada-laptop", first.get("token").asText());
    assertEquals(init.text("batch_id"), first.get("batch").asText());
    assertEquals("POST", first.get("method").asText());
    assertEquals("/api/batches/init", first.get("route").asText());
    assertEquals(201, first.get("status").asInt());
    assertTrue(first.get("bytes_in").asLong() > 50, text);
    assertEquals(init.body().length(), first.get("bytes_out").asLong());
    assertNull(first.get("error"));
    JsonNode bytes = of(lines, put);
    assertEquals("/upload/{file}", bytes.get("route").asText());
    assertEquals(5, bytes.get("bytes_in").asLong());
    assertEquals(init.text("batch_id"), bytes.get("batch").asText());
    assertEquals("UNAUTHORIZED", of(lines, stranger).get("error").asText());
    assertNull(of(lines, stranger).get("owner"));
    assertEquals("UNAUTHORIZED", of(lines, wrong).get("error").asText());
    assertEquals("FORBIDDEN", of(lines, unsigned).get("error").asText());
    assertEquals("NOT_FOUND", of(lines, absent).get("error").asText());
    assertNull(of(lines, absent).get("route"));
    for (Answer refused : List.of(stranger, wrong, unsigned, absent)) {
      assertEquals(
          refused.headers().firstValue("X-Request-Id").orElseThrow(), refused.text("request_id"));
    }
  }

  private static String query(String url) {
    return url.substring(url.lastIndexOf('=') + 1);
  }

  @Test
  void whatIsNotHttpHasALineAndANumberToo() throws IOException {
    Path log = dir.resolve("log");
    List<String> answers = new ArrayList<>();
    List<String> hostile =
        List.of(
            "GET /CANARY\u001b[31m HTTP/1.1\r\nHost: a\r\n\r\n",
            "CANARY\u0007 / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nCANARY\u0001: \u001b[2J\r\n\r\n",
            "GET /CANARY%0a%0d{} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            "GET /CANARY\u00e2\u0080\u00ae HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            "CANARY / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            "POST /api/batches/CANARY%22,%22/finalize HTTP/1.1\r\nHost: localhost\r\n"
                + "Idempotency-Key: CANARY\r\nConnection: close\r\n\r\n",
            "GET /metrics HTTP/1.1\r\nHost: CANARY.example\r\nUser-Agent: CANARY\r\n"
                + "X-Request-Id: CANARY\r\nConnection: close\r\n\r\n");
    try (RunningServer server = server(log)) {
      for (String request : hostile) {
        answers.add(server.exchange(request.getBytes(ISO_8859_1)));
      }
    }
    String text = Files.readString(log);
    assertFalse(text.contains("CANARY"), text);
    assertTrue(text.chars().allMatch(c -> c == '\n' || c >= ' ' && c <= '~'), text);
    List<JsonNode> lines = lines(text);
    assertEquals(hostile.size(), lines.size(), text);
    for (int i = 0; i < hostile.size(); i++) {
      String answer = answers.get(i);
      String id = answer.replaceFirst("(?s).*X-Request-Id: ([^\r]*)\r.*", "$1");
      JsonNode line =
          lines.stream()
              .filter(each -> each.get("request_id").asText().equals(id))
              .findFirst()
              .orElseThrow(() -> new AssertionError(answer + text));
      JsonNode body = JSON.readTree(answer.substring(answer.indexOf("\r\n\r\n")));
      assertEquals(id, body.get("request_id").asText(), answer);
      assertEquals(body.get("code").asText(), line.get("error").asText(), answer);
      assertTrue(answer.startsWith("HTTP/1.1 " + line.get("status").asInt() + " "), answer);
    }
  }

  @Test
  void noRequestFailsBecauseItsLineCannotBeWritten() throws IOException {
    Path directory = Files.createDirectory(dir.resolve("directory"));
    Path other = Files.writeString(dir.resolve("other"), "a letter");
    for (Path log : List.of(Path.of("/dev/full"), directory, other, dir.resolve("absent/log"))) {
      try (RunningServer server = server(log)) {
        ApiClient api = server.api();
        String batch = api.init(1);
        api.add(batch, "/a", "hello".getBytes(UTF_8));
        api.finalizeBatch(batch).expect(200);
      }
    }
    assertEquals("a letter", Files.readString(other));
  }

  @Test
  void linesGoToAStreamWhereNoFileIsNamed() throws IOException {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Answer answer;
    try (RunningServer server =
        RunningServer.on(
            options().telling(new RequestLines.ToStream(new PrintStream(err, true, UTF_8))),
            Clock.systemUTC())) {
      answer = server.api().get("/health/live").expect(200);
    }
    assertEquals("/health/live", of(lines(err.toString(UTF_8)), answer).get("route").asText());
  }
}
