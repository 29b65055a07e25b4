package dev.archive.server;

import static dev.archive.server.ApiClient.initRequest;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.server.ApiClient.Answer;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the service's own clients send, and its servers take. */
class BaseCallersTest {
  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private static final String ORIGIN = "https://ingest.example.org";

  @TempDir private static Path root;
  private static RunningServer server;
  private static ApiClient api;

  @BeforeAll
  static void start() {
    server =
        RunningServer.on(
            new ServerOptions(root, "127.0.0.1", 0, null, "test").withCorsOrigin(ORIGIN),
            java.time.Clock.systemUTC());
    api = server.api();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Answer init(String fields) {
    return api.postText(
        "/api/batches/init",
        "{\"uploader\":\"a\",\"root_path\":\"/r\",\"file_count\":1,\"total_size\":5"
            + fields
            + "}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"\"", "null", "false", "0", "0.0"})
  void falsyParentIsAbsent(String parent) {
    String batch = init(",\"parent_pi\":" + parent).expect(201).text("batch_id");
    assertEquals("0".repeat(26), api.status(batch, "").text("parent_pi"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\" \"", "true", "1", "[]", "{}", "\"short\""})
  void otherParentsAreRefused(String parent) {
    init(",\"parent_pi\":" + parent).expect(400, "INVALID_REQUEST");
  }

  @ParameterizedTest
  @CsvSource({"/a/,/a", "/a//b,/a/b", "//a///b//,/a/b", "/,/", "//,/"})
  void rootPathLosesEmptySegments(String given, String kept) {
    Map<String, Object> request = initRequest(1, 0);
    request.put("root_path", given);
    String batch = api.post("/api/batches/init", request).expect(201).text("batch_id");
    assertEquals(kept, api.status(batch, "").text("root_path"));
  }

  @Test
  void absentMetadataReadsAsAnEmptyObject() {
    String batch = init("").expect(201).text("batch_id");
    assertEquals("{}", api.status(batch, "").field("metadata").toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        ",\"metadata\":[1]|metadata is not a JSON object",
        ",\"metadata\":\"x\"|metadata is not a JSON object",
        ",\"metadata\":{\"a\":\"\\ud800\"}|metadata is text that is not valid Unicode",
        ",\"x\":1,\"x\":2|the JSON has a key twice in one object",
        ",\"file_count\":1.5|the JSON has a key twice in one object",
        ",|the text is not valid JSON",
      })
  void refusalsAreInWords(String fields, String words) {
    Answer refused = init(fields).expect(400, "INVALID_REQUEST");
    assertTrue(refused.text("error").startsWith(words), refused.text("error"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"uploader\":\" \",\"root_path\":\"/\"}|uploader is missing",
        "{\"uploader\":\"\\udfff\"}|uploader is text that is not valid Unicode",
        "{\"uploader\":1}|uploader is not a text",
        "{\"uploader\":\"a\",\"file_count\":1.5}|file_count is not a whole number",
        "{\"uploader\":\"a\",\"file_count\":\"1\"}|file_count is not a whole number",
        "{\"uploader\":\"a\",\"file_count\":99999999999999999999}|file_count is a number out of",
        "[]|the body is not a JSON object",
        "{\"uploader\":|the JSON ends too early",
        "{} {}|text follows the JSON",
      })
  void refusalsShowNothingOfTheParser(String body, String words) {
    Answer refused = api.postText("/api/batches/init", body).expect(400, "INVALID_REQUEST");
    String error = refused.text("error");
    assertTrue(error.startsWith(words), error);
    for (String internal :
        new String[] {"java", "jackson", "deserialize", "Token", "`", "Messages"}) {
      assertFalse(error.contains(internal), error);
    }
  }

  @Test
  void fileNameIsFree() {
    String batch = api.init(1);
    Map<String, Object> request = ApiClient.startRequest("/dir\\scan.tif", 5);
    request.put("file_name", "scan.tif");
    Answer start = api.post("/api/batches/" + batch + "/files/start", request).expect(200);
    api.put(start.text("presigned_url"), HELLO).expect(200);
    api.complete(batch, "/dir\\scan.tif").expect(200);
    api.finalizeBatch(batch).expect(200);
  }

  @Test
  void completeWithoutItsKeyOrWithAWrongUploadIsRefused() {
    String batch = api.init(2);
    String complete = "/api/batches/" + batch + "/files/complete";
    api.postText(complete, "{}").expect(400, "INVALID_REQUEST", "r2_key is missing");
    api.postText(complete, "{\"r2_key\":\"\"}").expect(400, "INVALID_REQUEST");
    api.postText(complete, "{\"r2_key\":\"other\"}").expect(404, "FILE_NOT_FOUND");
    api.start(batch, "/big", 6 << 20).expect(200);
    api.complete(batch, "/big", "upload_id", "wrong").expect(400, "INVALID_REQUEST");
    api.add(batch, "/a", HELLO);
    api.complete(batch, "/a", "upload_id", "wrong").expect(400, "INVALID_REQUEST");
    api.complete(batch, "/a", "upload_id", "").expect(200);
  }

  @Test
  void pagesOfTheOneOriginMayCall() {
    String init = server.url() + "/api/batches/init";
    Answer asked =
        api.send(
                "OPTIONS",
                init,
                BodyPublishers.noBody(),
                "Origin",
                ORIGIN,
                "Access-Control-Request-Method",
                "POST",
                "Access-Control-Request-Headers",
                "content-type")
            .expect(204);
    assertEquals(ORIGIN, asked.headers().firstValue("Access-Control-Allow-Origin").orElse(""));
    assertTrue(
        asked.headers().firstValue("Access-Control-Allow-Methods").orElse("").contains("PUT"));
    assertTrue(
        asked.headers().firstValue("Access-Control-Allow-Headers").orElse("").contains("Content-"));
    String batch = api.init(1);
    String url = api.start(batch, "/a", 5).text("presigned_url");
    Answer put = api.put(url, HELLO, "Origin", ORIGIN).expect(200);
    assertEquals(ORIGIN, put.headers().firstValue("Access-Control-Allow-Origin").orElse(""));
    assertTrue(
        put.headers().firstValue("Access-Control-Expose-Headers").orElse("").contains("ETag"));
    Answer failed = api.put(url + "0", HELLO, "Origin", ORIGIN).expect(403);
    assertEquals(ORIGIN, failed.headers().firstValue("Access-Control-Allow-Origin").orElse(""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://example.org",
        "null",
        ORIGIN + ".evil.example",
        "http://ingest.example.org"
      })
  void pagesOfOtherOriginsMayNot(String origin) {
    Answer answer = api.send("GET", server.url() + "/", BodyPublishers.noBody(), "Origin", origin);
    assertTrue(answer.headers().firstValue("Access-Control-Allow-Origin").isEmpty());
    api.send(
            "OPTIONS",
            server.url() + "/api/batches/init",
            BodyPublishers.noBody(),
            "Origin",
            origin,
            "Access-Control-Request-Method",
            "POST")
        .expect(405);
  }
}
