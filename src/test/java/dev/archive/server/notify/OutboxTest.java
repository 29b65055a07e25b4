package dev.archive.server.notify;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.server.ApiClient;
import dev.archive.server.ApiClient.Answer;
import dev.archive.server.BagCheck;
import dev.archive.server.RunningServer;
import dev.archive.server.ServerOptions;
import dev.archive.server.SettableClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of finalized batches, to whom, how often. */
class OutboxTest {
  private static final long PATIENCE_SECONDS = 30;

  @TempDir Path root;
  private final SettableClock clock = new SettableClock();
  private final BlockingQueue<Told> told = new LinkedBlockingQueue<>();
  private final BlockingQueue<Integer> answers = new LinkedBlockingQueue<>();
  private HttpServer receiver;

  private record Told(byte[] body, String signature, String type) {
    JsonNode json() throws IOException {
      return new ObjectMapper().readTree(body);
    }
  }

  @BeforeEach
  void listen() throws IOException {
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext("/", this::receive);
    receiver.start();
  }

  private void receive(HttpExchange exchange) throws IOException {
    told.add(
        new Told(
            exchange.getRequestBody().readAllBytes(),
            exchange.getRequestHeaders().getFirst("X-Archive-Signature"),
            exchange.getRequestHeaders().getFirst("Content-Type")));
    Integer answer = answers.poll();
    exchange.sendResponseHeaders(answer == null ? 204 : answer, -1);
    exchange.close();
  }

  @AfterEach
  void end() {
    receiver.stop(0);
  }

  private String url() {
    return "http://127.0.0.1:" + receiver.getAddress().getPort() + "/hook?for=archive";
  }

  private RunningServer server(String onFinalize) {
    return RunningServer.on(
        new ServerOptions(
            root, "127.0.0.1", 0, null, "test", Duration.ofHours(24), false, onFinalize),
        clock);
  }

  private Told next() throws InterruptedException {
    Told next = told.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertNotNull(next, "nothing was told");
    return next;
  }

  private static Answer finalized(RunningServer server) {
    ApiClient api = server.api();
    Map<String, Object> request = ApiClient.initRequest(1, 5);
    request.put("metadata", Map.of("box", 7));
    String batch = api.post("/api/batches/init", request).expect(201).text("batch_id");
    api.add(batch, "/a", "hello".getBytes(UTF_8));
    return api.finalizeBatch(batch).expect(200);
  }

  /** Asks until the batch stands there, which other threads bring about. */
  private static Answer await(RunningServer server, String batch, String status) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    Answer answer = server.api().status(batch, "?summary=true").expect(200);
    while (!answer.text("status").equals(status)) {
      assertTrue(System.nanoTime() < end, answer.body());
      Thread.onSpinWait();
      answer = server.api().status(batch, "?summary=true").expect(200);
    }
    return answer;
  }

  @Test
  void webhookIsToldOnceWithASignatureAndTheBatchIsCompleted() throws Exception {
    try (RunningServer server = server(url())) {
      Answer receipt = finalized(server);
      String batch = receipt.text("batch_id");
      Told message = next();
      assertEquals("application/json", message.type());
      JsonNode json = message.json();
      assertEquals("finalized", json.get("event").asText());
      assertEquals(batch, json.get("batch_id").asText());
      for (String field : List.of("version", "manifest_sha256", "finalized_at")) {
        assertEquals(receipt.field(field), json.get(field));
      }
      assertEquals(1, json.get("files").asLong());
      assertEquals(5, json.get("bytes").asLong());
      assertEquals("/letters", json.get("root_path").asText());
      assertEquals("Ada Archivist", json.get("uploader").asText());
      assertEquals(7, json.get("metadata").get("box").asInt());
      assertEquals(server.bag(batch).toString(), json.get("bag").asText());

      Path file = root.resolve("webhook.secret");
      assertEquals(
          PosixFilePermissions.fromString("rw-------"), Files.getPosixFilePermissions(file));
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(Files.readString(file).strip().getBytes(UTF_8), "HmacSHA256"));
      assertEquals(
          "sha256=" + HexFormat.of().formatHex(mac.doFinal(message.body())), message.signature());

      assertEquals(receipt.version() + 2, await(server, batch, "completed").version());
      Answer again = server.api().finalizeBatch(batch).expect(200);
      assertEquals(receipt.version(), again.version(), "the receipt stays what it was");
      assertEquals("completed", again.text("status"));
      assertEquals(receipt.text("finalized_at"), again.text("finalized_at"));
      clock.advance(Duration.ofDays(1));
      assertNull(told.poll(1, TimeUnit.SECONDS));
    }
  }

  @Test
  void refusedMessageComesAgainAndThenTheBatchIsCompleted() throws Exception {
    answers.addAll(List.of(500, 302));
    try (RunningServer server = server(url())) {
      Answer receipt = finalized(server);
      byte[] first = next().body();
      clock.advance(Duration.ofSeconds(10));
      assertEquals(new String(first, UTF_8), new String(next().body(), UTF_8));
      assertEquals(
          receipt.version() + 1, await(server, receipt.text("batch_id"), "processing").version());
      clock.advance(Duration.ofSeconds(20));
      next();
      assertEquals(
          receipt.version() + 2, await(server, receipt.text("batch_id"), "completed").version());
    }
  }

  @Test
  void messageOfABatchThatWasFinalizedWhileTheClockWasAheadIsDueNow() throws Exception {
    String batch;
    try (RunningServer server = server(null)) {
      clock.jump(Duration.ofDays(365));
      batch = finalized(server).text("batch_id");
    }
    clock.jump(Duration.ofDays(-365));
    try (RunningServer server = server(url())) {
      assertEquals(batch, next().json().get("batch_id").asText());
      await(server, batch, "completed");
    }
  }

  @Test
  void afterTenTriesTheBatchHasFailedAndIsHeldAllTheSame() throws Exception {
    for (int i = 0; i < 20; i++) {
      answers.add(503);
    }
    try (RunningServer server = server(url())) {
      Answer receipt = finalized(server);
      for (int attempt = 1; attempt <= 10; attempt++) {
        next();
        clock.advance(Outbox.wait(attempt));
      }
      String batch = receipt.text("batch_id");
      assertEquals(receipt.version() + 2, await(server, batch, "failed").version());
      clock.advance(Duration.ofDays(10));
      assertNull(told.poll(1, TimeUnit.SECONDS));
      assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
      assertEquals(receipt.version(), server.api().finalizeBatch(batch).expect(200).version());
    }
  }

  @Test
  void withoutAHookMessagesWaitForOne() throws Exception {
    String batch;
    try (RunningServer server = server(null)) {
      batch = finalized(server).text("batch_id");
    }
    assertEquals(0, told.size());
    try (RunningServer server = server(url())) {
      assertEquals(batch, next().json().get("batch_id").asText());
      await(server, batch, "completed");
    }
  }

  @Test
  void deliveryThatAStopBreaksOffIsDoneAgain() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    receiver.createContext(
        "/slow",
        exchange -> {
          asked.countDown();
          try {
            stopped.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          exchange.close();
        });
    String batch;
    try (RunningServer server = server(url().replace("/hook", "/slow"))) {
      batch = finalized(server).text("batch_id");
      assertTrue(asked.await(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }
    stopped.countDown();
    try (RunningServer server = server(url())) {
      assertEquals(batch, next().json().get("batch_id").asText());
      await(server, batch, "completed");
    }
  }

  @Test
  void commandGetsTheMessageOnItsInput(@TempDir Path elsewhere) throws Exception {
    Path out = elsewhere.resolve("it's a \"file\"");
    Files.createFile(out);
    String quoted = "'" + out.toString().replace("'", "'\\''") + "'";
    try (RunningServer server = server("cat > " + quoted + " && echo done")) {
      Answer receipt = finalized(server);
      await(server, receipt.text("batch_id"), "completed");
      JsonNode json = new ObjectMapper().readTree(Files.readAllBytes(out));
      assertEquals(receipt.text("batch_id"), json.get("batch_id").asText());
      assertTrue(Files.notExists(root.resolve("on-finalize.json")));
    }
  }

  @Test
  void commandThatFailsIsRunAgain(@TempDir Path elsewhere) throws Exception {
    String once = elsewhere.resolve("once").toString();
    try (RunningServer server = server("test -e " + once + " || { touch " + once + "; exit 3; }")) {
      String batch = finalized(server).text("batch_id");
      await(server, batch, "processing");
      while (Files.notExists(Path.of(once))) {
        Thread.onSpinWait();
      }
      clock.advance(Duration.ofSeconds(10));
      await(server, batch, "completed");
    }
  }

  @Test
  void whatIsNeitherUrlNorCommandIsRefused() {
    for (String wrong : List.of(" ", "http://", "https://a b/")) {
      ArchiveException refusal = assertThrows(ArchiveException.class, () -> server(wrong));
      assertEquals(ErrorCode.USAGE, refusal.code());
    }
    server(null).close();
  }

  @Test
  void waitsGrowUpToAnHour() {
    assertEquals(Duration.ofSeconds(10), Outbox.wait(1));
    assertEquals(Duration.ofSeconds(2560), Outbox.wait(9));
    assertEquals(Duration.ofHours(1), Outbox.wait(10));
    assertEquals(Duration.ofHours(1), Outbox.wait(1000));
  }
}
