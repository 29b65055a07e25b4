package dev.archive.server.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.archive.ledger.BatchLedger;
import dev.archive.model.Limits;
import dev.archive.server.ApiClient;
import dev.archive.server.ApiClient.Answer;
import dev.archive.server.RunningServer;
import dev.archive.server.http.BrowserGuard;
import dev.archive.server.http.ContentCalls;
import dev.archive.server.http.Cors;
import dev.archive.server.http.MetricsCalls;
import dev.archive.server.http.OpenGate;
import dev.archive.server.http.Owners;
import dev.archive.server.http.PeerAddresses;
import dev.archive.server.http.RequestIds;
import dev.archive.server.http.RequestsUnderWay;
import dev.archive.server.http.Router;
import dev.archive.server.http.SlowBodies;
import dev.archive.server.ingest.Activity;
import dev.archive.server.work.Workers;
import dev.archive.storage.StoreReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code GET /api/batches/{id}/audit}. */
class AuditTest {
  @TempDir Path root;
  private RunningServer server;
  private ApiClient api;

  @BeforeEach
  void start() {
    server = RunningServer.on(root);
    api = server.api();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private String finalized(int files) {
    String batch = api.init(files);
    for (int i = 0; i < files; i++) {
      api.add(batch, "/box/" + i, ("letter " + i).getBytes(UTF_8));
    }
    api.finalizeBatch(batch).expect(200);
    return batch;
  }

  private Answer audit(String batch, String query) {
    return api.get("/api/batches/" + batch + "/audit" + query);
  }

  /** All parts of an audit, one after the other. */
  private List<Answer> audits(String batch, String query) {
    List<Answer> parts = new ArrayList<>();
    String after = "";
    while (after != null) {
      Answer part = audit(batch, query + after).expect(200);
      parts.add(part);
      JsonNode next = part.json().get("next");
      after = next == null ? null : "&after=" + URLEncoder.encode(next.asText(), UTF_8);
    }
    return parts;
  }

  private static List<String> findings(List<Answer> parts) {
    List<String> findings = new ArrayList<>();
    for (Answer part : parts) {
      for (JsonNode finding : part.field("findings")) {
        findings.add(finding.get("defect").asText() + " " + finding.get("path").asText());
      }
    }
    return findings;
  }

  private static long sum(List<Answer> parts, String field) {
    return parts.stream().mapToLong(part -> part.number(field)).sum();
  }

  @Test
  void serverSaysThatItCanDoIt() {
    assertTrue(api.get("/").body().contains("\"audit\""));
  }

  @Test
  void whatWasReadWellSinceIsNotReadAgainAndOnlySeen() throws IOException {
    String batch = finalized(3);
    Files.writeString(server.bag(batch).resolve("data/box/2"), "lettre 2");
    assertEquals(3, audit(batch, "").number("files_read"));
    String since = "?max_age=3600";
    Answer again = audit(batch, since);
    assertEquals(1, again.number("files_read"), "only what was not right");
    assertEquals(List.of("altered /box/2"), findings(List.of(again)));
    Files.delete(server.bag(batch).resolve("data/box/0"));
    assertEquals(
        List.of("missing /box/0", "altered /box/2"), findings(List.of(audit(batch, since))));
    assertEquals(2, audit(batch, "?max_age=0").number("files_read"));
    assertEquals(2, audit(batch, "").number("files_read"), "without it all are read");
    stop();
    start();
    assertEquals(1, audit(batch, since).number("files_read"), "kept in the ledger");
    audit(batch, "?max_age=yesterday").expect(400, "INVALID_REQUEST");
    audit(batch, "?max_age=9999999999999").expect(400, "INVALID_REQUEST");
  }

  @Test
  void partsHaveAllFilesOnce() throws IOException {
    String batch = finalized(5);
    Files.writeString(server.bag(batch).resolve("data/box/3"), "lettre 3");
    for (int limit : new int[] {1, 2, 5, 1000}) {
      List<Answer> parts = audits(batch, "?limit=" + limit);
      assertEquals(5, sum(parts, "files"));
      assertEquals(5, sum(parts, "files_read"));
      assertEquals(40, sum(parts, "bytes_read"));
      assertEquals(List.of("altered /box/3"), findings(parts));
    }
    JsonNode finding = audit(batch, "").field("findings").get(0);
    assertEquals(8, finding.get("size").asLong());
    assertEquals(8, finding.get("expected_size").asLong());
    assertNotEquals(finding.get("sha256"), finding.get("expected_sha256"));
  }

  @Test
  void extraObjectsAreNamedOnceHoweverSmallTheParts() throws IOException {
    String batch = finalized(2);
    TreeSet<String> planted = new TreeSet<>();
    for (int i = 0; i < 7; i++) {
      Path file = server.bag(batch).resolve("data/more/" + i % 3 + "/x" + i);
      Files.createDirectories(file.getParent());
      Files.createFile(file);
      planted.add("extra /more/" + i % 3 + "/x" + i);
    }
    Files.createFile(server.bag(batch).resolve("notes"));
    planted.add("extra notes");
    for (int limit : new int[] {1, 3, 7, 1000}) {
      List<String> found = findings(audits(batch, "?limit=" + limit));
      assertEquals(planted.size(), found.size());
      assertEquals(planted, new TreeSet<>(found));
    }
  }

  @Test
  void unfinishedFilesOfAnOpenBatchAreNamedAndNothingElseOfIt() throws IOException {
    String batch = api.init(3);
    api.add(batch, "/done", "done".getBytes(UTF_8));
    api.put(api.start(batch, "/arrived", 1).text("presigned_url"), new byte[1]).expect(200);
    api.start(batch, "/begun", 1).expect(200);
    Files.createFile(root.resolve("staging").resolve(batch).resolve("x.tmp"));
    assertEquals(
        List.of("unfinished /arrived", "unfinished /begun"), findings(audits(batch, "?limit=9")));
    Files.delete(server.bag(batch).resolve("data/done"));
    Files.createFile(server.bag(batch).resolve("data/more"));
    assertEquals(
        List.of("missing /done", "unfinished /arrived", "unfinished /begun", "extra /more"),
        findings(audits(batch, "?limit=9")));
  }

  @Test
  void whatTheDiskDoesNotGiveIsUnreadable() throws IOException {
    String batch = finalized(2);
    Path box = server.bag(batch).resolve("data/box");
    Files.move(box, root.resolve("box"));
    Files.createSymbolicLink(box, box);
    List<Answer> parts = audits(batch, "?limit=9");
    assertEquals(List.of("unreadable /box/0", "unreadable /box/1", "extra /box"), findings(parts));
    assertEquals(0, sum(parts, "files_read"));
  }

  @Test
  void directoryThatIsALinkToTheSameFilesIsNamed() throws IOException {
    String batch = finalized(2);
    Path box = server.bag(batch).resolve("data/box");
    Files.move(box, root.resolve("box"));
    Files.createSymbolicLink(box, root.resolve("box"));
    assertEquals(List.of("extra /box"), findings(audits(batch, "?limit=9")));
  }

  @Test
  void nothingIsLeftOfABatchThatWasGivenUp() {
    String batch = api.init(1);
    api.add(batch, "/a", new byte[1]);
    api.send(
            "DELETE",
            server.url() + "/api/batches/" + batch,
            java.net.http.HttpRequest.BodyPublishers.noBody())
        .expect(200);
    audit(batch, "").expect(409, "CONFLICT");
  }

  @Test
  void ledgerThatWasTamperedWithIsNamed() throws Exception {
    String batch = finalized(2);
    try (var connection =
            java.sql.DriverManager.getConnection("jdbc:sqlite:" + root.resolve("state.db"));
        var statement = connection.createStatement()) {
      statement.executeUpdate("DELETE FROM file WHERE path = '/box/1'");
    }
    assertEquals(List.of("altered ledger", "extra /box/1"), findings(audits(batch, "?limit=9")));
  }

  @Test
  void sampleIsTheSameForTheSameSeed() throws IOException {
    String batch = finalized(60);
    long half = sum(audits(batch, "?sample=50&seed=1"), "files_read");
    assertTrue(half > 10 && half < 50, half + " of 60");
    assertEquals(half, sum(audits(batch, "?limit=7&sample=50&seed=1"), "files_read"));
    assertEquals(60, sum(audits(batch, "?sample=100&seed=1"), "files_read"));
    for (int i = 0; i < 60; i++) {
      Files.writeString(server.bag(batch).resolve("data/box/" + i), "x");
    }
    assertEquals(60, findings(audits(batch, "?sample=0.5")).size(), "sizes are seen of all");
  }

  @Test
  void nonsenseIsRefused() {
    String batch = finalized(1);
    for (String query :
        List.of(
            "limit=0",
            "limit=1001",
            "limit=x",
            "after=x",
            "after=files:",
            "after=files:-1",
            "after=files:9999999999999999999",
            "after=3",
            "sample=0",
            "sample=101",
            "sample=1e1",
            "sample=NaN",
            "sample=5&seed=x")) {
      audit(batch, "?" + query).expect(400, "INVALID_REQUEST");
    }
    audit("01ARZ3NDEKTSV4RRFFQ69G5FAV", "").expect(404, "BATCH_NOT_FOUND");
    audit("x", "").expect(404, "BATCH_NOT_FOUND");
    api.postText("/api/batches/" + batch + "/audit", "").expect(405);
    assertEquals(0, audit(batch, "?after=files:999999999999999999").number("files"));
  }

  @Test
  void whoeverWaitsLongIsToldThatItGoesOn() throws Exception {
    String batch = finalized(1);
    CountDownLatch heard = new CountDownLatch(1);
    ExecutorService worker = Workers.of(1, "held");
    var unused =
        worker.submit(
            () -> {
              heard.await();
              return null;
            });
    try (BatchLedger ledger = BatchLedger.readOnly(root.resolve("state.db"))) {
      BatchAudit slow =
          new BatchAudit(
              ledger,
              new StoreReader(root),
              worker,
              1,
              Duration.ofMillis(1),
              java.time.Clock.systemUTC());
      Activity idle = new Activity(ledger, Clock.systemUTC(), Duration.ofDays(1));
      Server jetty = new Server();
      ServerConnector connector = new ServerConnector(jetty);
      jetty.addConnector(connector);
      jetty.setHandler(
          new Router(
              null,
              null,
              slow,
              idle,
              null,
              new ContentCalls(null, null),
              null,
              "test",
              new RequestIds("1"),
              null,
              null,
              new Cors(null),
              new OpenGate(new BrowserGuard("localhost", null, null)),
              new Owners(ledger),
              new RequestsUnderWay(Limits.USUAL, new PeerAddresses(List.of())),
              null,
              new MetricsCalls(null, null, false, null, null, null),
              new SlowBodies(System::nanoTime, Runnable::run, Limits.USUAL),
              null,
              null));
      jetty.start();
      try (Socket socket = new Socket("127.0.0.1", connector.getLocalPort())) {
        socket.setSoTimeout(20_000);
        socket
            .getOutputStream()
            .write(
                ("GET /api/batches/"
                        + batch
                        + "/audit HTTP/1.1\r\nHost: localhost\r\n"
                        + "Connection: close\r\n\r\n")
                    .getBytes(UTF_8));
        InputStream in = socket.getInputStream();
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
          head.append((char) in.read());
        }
        assertTrue(head.toString().startsWith("HTTP/1.1 200 "), head.toString());
        assertTrue(heard.getCount() == 1, "the answer began before there was one");
        heard.countDown();
        String body = new String(in.readAllBytes(), UTF_8);
        assertTrue(body.contains(" {\"batch_id\":\"" + batch), body);
        assertFalse(body.contains("error"), body);
      } finally {
        jetty.stop();
      }
    } finally {
      worker.shutdownNow();
    }
  }
}
