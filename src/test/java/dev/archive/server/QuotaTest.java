package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.Limit;
import dev.archive.model.Limits;
import dev.archive.model.Owner;
import dev.archive.model.Scope;
import dev.archive.server.ApiClient.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What each owner may have is bounded, by the ledger's own sums, and no other owner pays for it.
 */
class QuotaTest {
  private static final Clock CLOCK = Clock.systemUTC();
  @TempDir Path root;

  private RunningServer server(Limits limits) {
    return RunningServer.on(
        new ServerOptions(root, "127.0.0.1", 0, null, "test").with(limits), CLOCK);
  }

  private String[] token(String owner) {
    return new String[] {
      "Authorization",
      "Bearer "
          + TokenAdmin.create(root, CLOCK, owner, new Owner(owner), Scope.UPLOAD, null)
              .text()
              .reveal()
    };
  }

  private static Answer init(ApiClient api, String[] token, long files, long bytes) {
    return api.post("/api/batches/init", ApiClient.initRequest(files, bytes), token);
  }

  private static Answer start(ApiClient api, String[] token, String batch, String path, long size) {
    return api.post(
        "/api/batches/" + batch + "/files/start", ApiClient.startRequest(path, size), token);
  }

  private static void abort(ApiClient api, String[] token, String batch) {
    api.send("DELETE", api.url() + "/api/batches/" + batch, BodyPublishers.noBody(), token)
        .expect(200);
  }

  @Test
  void openBatchesOfAnOwnerAreBoundedAndFreeAgainWhenTheyEnd() throws Exception {
    String[] ada = token("ada");
    String[] bob = token("bob");
    try (RunningServer server = server(Limits.USUAL.with(Limit.OPEN_BATCHES_PER_OWNER, 3))) {
      ApiClient api = server.api();
      List<Integer> statuses =
          AllAtOnce.run(12, number -> init(api, ada, 1, 1).status()).stream().sorted().toList();
      assertEquals(3, statuses.stream().filter(each -> each == 201).count(), statuses.toString());
      assertEquals(9, statuses.stream().filter(each -> each == 413).count(), statuses.toString());
      Answer refused = init(api, ada, 1, 1).expect(413, "QUOTA_EXCEEDED");
      assertTrue(
          refused
              .text("error")
              .startsWith(
                  "the owner ada is at its limit open-batches-per-owner: 3 allowed, 3 used, 1 more"
                      + " asked for; this request registered nothing, and what is there stays."),
          refused.body());
      assertEquals(3, refused.number("used"), refused.body());
      String bobs = init(api, bob, 0, 0).expect(201).text("batch_id");
      String first =
          api.send("GET", api.url() + "/api/batches", BodyPublishers.noBody(), ada)
              .field("batches")
              .get(0)
              .get("batch_id")
              .asText();
      abort(api, ada, first);
      abort(api, ada, first);
      init(api, ada, 1, 1).expect(201);
      init(api, ada, 1, 1).expect(413, "QUOTA_EXCEEDED");
      abort(api, bob, bobs);
    }
    assertSums();
  }

  @Test
  void registeredBytesAndFilesAreBoundedWhateverWasDeclaredAndHoweverManyAskAtOnce()
      throws Exception {
    String[] ada = token("ada");
    String[] bob = token("bob");
    Limits limits = Limits.USUAL.with(Limit.BYTES_PER_OWNER, 1000).with(Limit.FILES_PER_OWNER, 40);
    try (RunningServer server = server(limits)) {
      ApiClient api = server.api();
      init(api, ada, 1, 1001).expect(413, "QUOTA_EXCEEDED");
      init(api, ada, 41, 1).expect(413, "QUOTA_EXCEEDED");
      String one = init(api, ada, 0, 0).expect(201).text("batch_id");
      String other = init(api, ada, 0, 0).expect(201).text("batch_id");
      List<Answer> answers =
          AllAtOnce.run(
              16, number -> start(api, ada, number % 2 == 0 ? one : other, "/" + number, 100));
      assertEquals(10, answers.stream().filter(each -> each.status() == 200).count());
      assertEquals(6, answers.stream().filter(each -> each.status() == 413).count());
      // What is registered already is no more.
      int known =
          IntStream.range(0, 16).filter(i -> answers.get(i).status() == 200).findFirst().orElse(-1);
      String holder = known % 2 == 0 ? one : other;
      start(api, ada, holder, "/" + known, 100).expect(200);
      start(api, ada, holder, "/" + known, 101).expect(413, "QUOTA_EXCEEDED");
      start(api, ada, holder, "/" + known, 40).expect(200);
      start(api, ada, holder, "/sixty", 60).expect(200);
      start(api, ada, holder, "/one", 1).expect(413, "QUOTA_EXCEEDED");
      start(api, bob, init(api, bob, 0, 0).text("batch_id"), "/bob", 1000).expect(200);
      abort(api, ada, other);
      String third = init(api, ada, 0, 0).expect(201).text("batch_id");
      Answer bulk =
          api.post(
                  "/api/batches/" + third + "/files/start",
                  Map.of(
                      "files",
                      IntStream.range(0, 60)
                          .mapToObj(i -> ApiClient.startRequest("/" + i, 0))
                          .toList()),
                  ada)
              .expect(200);
      List<String> codes = new ArrayList<>();
      bulk.field("files").forEach(each -> codes.add(each.path("code").asText()));
      long registered = codes.stream().filter(String::isEmpty).count();
      assertEquals(
          60 - registered, codes.stream().filter("QUOTA_EXCEEDED"::equals).count(), bulk.body());
      assertEquals(40, one("SELECT files FROM usage WHERE owner = 'ada'"));
    }
    assertSums();
  }

  @Test
  void whatIsArchivedCountsAfterARestartAndWhatIsOpenCountsApart() throws Exception {
    String[] ada = token("ada");
    byte[] bytes = new byte[600];
    Limits limits =
        Limits.USUAL.with(Limit.BYTES_PER_OWNER, 1000).with(Limit.OPEN_BYTES_PER_OWNER, 600);
    try (RunningServer server = server(limits)) {
      ApiClient api = server.api();
      String batch = init(api, ada, 1, 600).expect(201).text("batch_id");
      Answer begun = start(api, ada, batch, "/a", 600).expect(200);
      start(api, ada, batch, "/b", 1).expect(413, "QUOTA_EXCEEDED");
      api.put(begun.text("presigned_url"), bytes).expect(200);
      api.post(
              "/api/batches/" + batch + "/files/complete",
              Map.of("r2_key", begun.text("r2_key")),
              ada)
          .expect(200);
      api.post("/api/batches/" + batch + "/finalize", Map.of(), ada).expect(200);
    }
    try (RunningServer server = server(limits)) {
      ApiClient api = server.api();
      String batch = init(api, ada, 1, 400).expect(201).text("batch_id");
      start(api, ada, batch, "/a", 401).expect(413, "QUOTA_EXCEEDED");
      start(api, ada, batch, "/a", 400).expect(200);
      init(api, ada, 1, 1).expect(413, "QUOTA_EXCEEDED");
    }
    assertSums();
  }

  @Test
  void requestsUnderWayAreBoundedByOwnerAndByAddressUntilTheyEnd() throws Exception {
    String[] ada = token("ada");
    String[] bob = token("bob");
    Limits limits =
        Limits.USUAL.with(Limit.REQUESTS_PER_OWNER, 4).with(Limit.REQUESTS_PER_ADDRESS, 6);
    try (RunningServer server = server(limits)) {
      ApiClient api = server.api();
      List<Socket> held = new ArrayList<>();
      try {
        for (int i = 0; i < 4; i++) {
          held.add(halfAnInit(server, ada));
        }
        Answer refused = init(api, ada, 1, 1).expect(429, "TOO_MANY_REQUESTS");
        assertEquals("1", refused.headers().firstValue("Retry-After").orElse(null));
        assertTrue(
            refused.text("error").startsWith("the owner ada has 4 requests"), refused.body());
        init(api, bob, 1, 1).expect(201);
        held.add(halfAnInit(server, bob));
        held.add(halfAnInit(server, bob));
        Answer address = init(api, bob, 1, 1).expect(429, "TOO_MANY_REQUESTS");
        assertTrue(address.text("error").startsWith("this address has 6"), address.body());
        api.get("/health/live").expect(429);
        // What was refused holds no place.
        end(held.remove(held.size() - 1));
        initOnceThereIsRoom(api, bob).expect(201);
        end(held.remove(0));
        initOnceThereIsRoom(api, ada).expect(201);
      } finally {
        for (Socket each : held) {
          each.close();
        }
      }
    }
  }

  /** A request ends for the server a moment after its answer came. */
  private static Answer initOnceThereIsRoom(ApiClient api, String[] token) throws Exception {
    Answer answer = init(api, token, 1, 1);
    while (answer.status() == 429) {
      Thread.onSpinWait();
      answer = init(api, token, 1, 1);
    }
    return answer;
  }

  private static Socket halfAnInit(RunningServer server, String[] token) throws IOException {
    Socket socket = server.connect();
    socket
        .getOutputStream()
        .write(
            ("POST /api/batches/init HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                    + token[0]
                    + ": "
                    + token[1]
                    + "\r\nContent-Length: 2\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8));
    byte[] answer = socket.getInputStream().readNBytes("HTTP/1.1 100".length());
    assertEquals("HTTP/1.1 100", new String(answer, StandardCharsets.UTF_8));
    return socket;
  }

  /** Lets a call end; its place is free when its answer is whole. */
  private static void end(Socket socket) throws IOException {
    try (socket) {
      socket.getOutputStream().write("{}".getBytes(StandardCharsets.UTF_8));
      InputStream in = socket.getInputStream();
      StringBuilder all = new StringBuilder();
      while (all.indexOf("request_id\":\"") < 0 || all.charAt(all.length() - 1) != '}') {
        all.append((char) in.read());
      }
    }
  }

  /** Each owner's row has what its batches and their files add up to. */
  private void assertSums() throws SQLException {
    String open = "(SELECT id FROM batch b WHERE b.owner = usage.owner AND status = 'uploading')";
    String here =
        "(SELECT id FROM batch b WHERE b.owner = usage.owner AND status NOT IN ('aborted',"
            + " 'expired'))";
    assertEquals(
        0,
        one(
            "SELECT count(*) FROM usage WHERE open_batches != (SELECT count(*) FROM "
                + open
                + ") OR open_bytes != (SELECT coalesce(sum(size), 0) FROM file WHERE batch_id IN "
                + open
                + ") OR files != (SELECT count(*) FROM file WHERE batch_id IN "
                + here
                + ") OR bytes != (SELECT coalesce(sum(size), 0) FROM file WHERE batch_id IN "
                + here
                + ")"));
    assertTrue(one("SELECT count(*) FROM usage") > 0);
  }

  private long one(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + root + "/state.db");
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}
