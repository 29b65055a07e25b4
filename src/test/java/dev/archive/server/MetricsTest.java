package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a monitor reads, by the grammar of Prometheus' text format. */
class MetricsTest {
  private static final Pattern COMMENT = Pattern.compile("# (HELP|TYPE) ([a-z_]+) (?:.+)");
  private static final Pattern SAMPLE =
      Pattern.compile(
          "([a-z_]+)(\\{[a-z]+=\"[^\"\\\\\n]*\"(?:,[a-z]+=\"[^\"\\\\\n]*\")*})? ([0-9.]+)");

  @TempDir private Path dir;

  private static Map<String, Double> samples(ApiClient api) {
    ApiClient.Answer answer = api.get("/metrics").expect(200);
    assertEquals(
        "text/plain; version=0.0.4; charset=utf-8",
        answer.headers().firstValue("Content-Type").orElseThrow());
    assertTrue(answer.body().endsWith("\n"));
    Map<String, Double> samples = new HashMap<>();
    Set<String> typed = new HashSet<>();
    for (String line : answer.body().split("\n")) {
      Matcher comment = COMMENT.matcher(line);
      if (comment.matches()) {
        assertTrue(typed.add(comment.group(1) + comment.group(2)), line);
        continue;
      }
      Matcher sample = SAMPLE.matcher(line);
      assertTrue(sample.matches(), line);
      String figure = sample.group(1);
      assertTrue(
          typed.contains("TYPE" + figure)
              || typed.contains("TYPE" + figure.replaceFirst("_(bucket|sum|count)$", "")),
          line);
      String name = figure + (sample.group(2) == null ? "" : sample.group(2));
      assertNull(samples.put(name, Double.valueOf(sample.group(3))), line);
    }
    return samples;
  }

  private static String requests(String method, String route, int status) {
    return String.format(
        "archive_requests_total{method=\"%s\",route=\"%s\",status=\"%d\"}", method, route, status);
  }

  private static String of(String figure, String method, String route) {
    return String.format("%s{method=\"%s\",route=\"%s\"}", figure, method, route);
  }

  /** One client with one connection: what it was answered before has been counted. */
  @Test
  void figuresAreWhatWasDone() {
    try (RunningServer server = RunningServer.on(dir)) {
      ApiClient api = server.api();
      String open = api.init(1);
      String batch = api.init(2);
      api.add(batch, "/a", "hello".getBytes(UTF_8));
      api.add(batch, "/b", "hello, world".getBytes(UTF_8));
      api.finalizeBatch(batch).expect(200);
      api.finalizeBatch(open).expect(400, "NO_FILES");
      api.get("/absent").expect(404);
      Map<String, Double> found = samples(api);
      assertEquals(2, found.get(requests("POST", "/api/batches/init", 201)));
      assertEquals(2, found.get(requests("PUT", "/upload/{file}", 200)));
      assertEquals(1, found.get(requests("POST", "/api/batches/{batch}/finalize", 200)));
      assertEquals(1, found.get(requests("POST", "/api/batches/{batch}/finalize", 400)));
      assertEquals(1, found.get(requests("other", "other", 404)));
      assertEquals(17, found.get(of("archive_request_bytes_total", "PUT", "/upload/{file}")));
      assertTrue(found.get(of("archive_response_bytes_total", "POST", "/api/batches/init")) > 100);
      assertTrue(found.get(of("archive_request_seconds_total", "PUT", "/upload/{file}")) > 0);
      assertEquals(1, found.get("archive_errors_total{code=\"NO_FILES\"}"));
      assertEquals(1, found.get("archive_errors_total{code=\"NOT_FOUND\"}"));
      assertEquals(1, found.get("archive_open_uploads"));
      assertEquals(0, found.get("archive_log_lost_lines_total"));
      double commits = found.get("archive_commit_changes_count");
      assertTrue(commits >= 7, found.toString());
      assertTrue(found.get("archive_commit_changes_sum") >= commits);
      assertEquals(commits, found.get("archive_commit_seconds_count"));
      assertEquals(
          found.get("archive_commit_changes_sum"), found.get("archive_commit_wait_seconds_count"));
      assertEquals(commits, found.get("archive_commit_changes_bucket{le=\"+Inf\"}"));
      assertTrue(found.get("archive_commit_wait_seconds_sum") > 0);
      assertEquals(1, samples(api).get(requests("GET", "/metrics", 200)));
    }
  }

  @Test
  void notificationsThatWaitAreSeen() {
    ServerOptions options =
        new ServerOptions(
            dir, "127.0.0.1", 0, null, "test", ServerOptions.EXPIRE_AFTER, false, "exit 1");
    try (RunningServer server = RunningServer.on(options, Clock.systemUTC())) {
      ApiClient api = server.api();
      assertEquals(0, samples(api).get("archive_outbox_messages"));
      assertEquals(0, samples(api).get("archive_outbox_oldest_seconds"));
      String batch = api.init(1);
      api.add(batch, "/a", "hello".getBytes(UTF_8));
      api.finalizeBatch(batch).expect(200);
      assertEquals(1, samples(api).get("archive_outbox_messages"));
      assertTrue(samples(api).get("archive_outbox_oldest_seconds") >= 0);
    }
  }

  @Test
  void hostileRequestsMakeNoMoreFigures() {
    try (RunningServer server = RunningServer.on(dir)) {
      ApiClient api = server.api();
      Set<String> names = null;
      for (int i = 0; i < 12; i++) {
        api.get("/absent" + i + "%22%7b").expect(404);
        api.get("/api/batches/" + i + "/status?" + i).expect(404);
        api.put(server.url() + "/upload/x" + i + "?k=" + i, new byte[0]).expect(403);
        api.send("BREW" + i, server.url() + "/", BodyPublishers.noBody()).expect(405);
        Map<String, Double> found = samples(api);
        if (i == 2) {
          names = found.keySet();
        } else if (i > 2) {
          assertEquals(names, found.keySet());
        }
      }
    }
  }
}
