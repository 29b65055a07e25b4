package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The ingest API as any client sees it: field names and paths are written out here, so that a
 * change of ours on the wire is seen.
 */
public final class ApiClient {
  private static final ObjectMapper JSON = new ObjectMapper();

  static {
    allowConnectionHeader();
  }

  /** So that a test that stops its server can leave no idle connection for it to wait for. */
  static void allowConnectionHeader() {
    System.setProperty("jdk.httpclient.allowRestrictedHeaders", "connection");
  }

  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final String base;
  private final boolean keepAlive;

  public ApiClient(String base) {
    this(base, true);
  }

  public ApiClient(String base, boolean keepAlive) {
    this.base = base;
    this.keepAlive = keepAlive;
  }

  /** Of the server. */
  public String url() {
    return base;
  }

  public record Answer(int status, HttpHeaders headers, String body) {
    public JsonNode json() {
      try {
        return JSON.readTree(body);
      } catch (JsonProcessingException e) {
        throw new AssertionError("no JSON: " + body, e);
      }
    }

    public String text(String field) {
      return field(field).asText();
    }

    public long number(String field) {
      return field(field).asLong();
    }

    public JsonNode field(String field) {
      JsonNode value = json().get(field);
      assertNotNull(value, () -> field + " is missing in " + body);
      return value;
    }

    public long version() {
      assertEquals('"' + text("version") + '"', etag(), "the ETag is the version");
      return number("version");
    }

    public String etag() {
      return headers.firstValue("ETag").orElse(null);
    }

    public Answer expect(int expected) {
      assertEquals(expected, status, body);
      return this;
    }

    public Answer expect(int expected, String code) {
      expect(expected);
      assertEquals(code, text("code"), body);
      assertNotNull(field("error"));
      return this;
    }

    public Answer expect(int expected, String code, String error) {
      expect(expected, code);
      assertEquals(error, text("error"));
      return this;
    }
  }

  static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  public Answer get(String path) {
    return send("GET", base + path, BodyPublishers.noBody());
  }

  public Answer post(String path, Object message, String... headers) {
    return postText(path, json(message), headers);
  }

  public Answer postText(String path, String body, String... headers) {
    return send("POST", base + path, BodyPublishers.ofString(body), headers);
  }

  public Answer send(String method, String url, BodyPublisher body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .timeout(Duration.ofSeconds(30))
            .method(method, body);
    if (!keepAlive) {
      request.header("Connection", "close");
    }
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      HttpResponse<String> response =
          HTTP.send(request.build(), BodyHandlers.ofString(StandardCharsets.UTF_8));
      return new Answer(response.statusCode(), response.headers(), response.body());
    } catch (IOException e) {
      throw new AssertionError(method + " " + url + " got no answer: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  public static Map<String, Object> initRequest(long files, long bytes) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("uploader", "Ada Archivist");
    request.put("root_path", "/letters");
    request.put("file_count", files);
    request.put("total_size", bytes);
    return request;
  }

  /** A new batch, by its id. */
  public String init(long files) {
    return post("/api/batches/init", initRequest(files, 0)).expect(201).text("batch_id");
  }

  public static Map<String, Object> startRequest(String path, long size) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("file_name", path.substring(path.lastIndexOf('/') + 1));
    request.put("file_size", size);
    request.put("logical_path", path);
    request.put("content_type", "image/tiff");
    request.put("processing_config", Map.of("ocr", true, "describe", true, "pinax", true));
    return request;
  }

  public Answer start(String batch, String path, long size, String... more) {
    Map<String, Object> request = startRequest(path, size);
    for (int i = 0; i < more.length; i += 2) {
      request.put(more[i], more[i + 1]);
    }
    return post("/api/batches/" + batch + "/files/start", request);
  }

  public Answer put(String url, byte[] bytes, String... headers) {
    return send("PUT", url, BodyPublishers.ofByteArray(bytes), headers);
  }

  public Answer complete(String batch, String path, Object... more) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("r2_key", "staging/" + batch + path);
    for (int i = 0; i < more.length; i += 2) {
      request.put((String) more[i], more[i + 1]);
    }
    return post("/api/batches/" + batch + "/files/complete", request);
  }

  /** A small file all the way. */
  public void add(String batch, String path, byte[] bytes) {
    String url = start(batch, path, bytes.length).expect(200).text("presigned_url");
    put(url, bytes).expect(200);
    complete(batch, path).expect(200);
  }

  public Answer finalizeBatch(String batch, String... headers) {
    return postText("/api/batches/" + batch + "/finalize", "", headers);
  }

  public Answer finalizeExpecting(String batch, Map<String, ?> expected) {
    return post("/api/batches/" + batch + "/finalize", Map.of("expected", expected));
  }

  public Answer status(String batch, String query) {
    return get("/api/batches/" + batch + "/status" + query);
  }

  public long versionOf(String batch) {
    return status(batch, "?summary=true").expect(200).version();
  }
}
