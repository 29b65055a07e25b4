package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.archive.server.ApiClient;
import dev.archive.server.ApiClient.Answer;
import dev.archive.server.BagCheck;
import dev.archive.server.RunningServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row D4 of the fault matrix: others hold the ledger, really, or all that could read it. */
class HeldLedgerTest {
  private static final Duration LITTLE = Duration.ofMillis(400);

  /** More than any test takes, and less than the client's own patience. */
  private static final Duration MUCH = Duration.ofSeconds(25);

  private static final byte[] HELLO = "hello".getBytes(StandardCharsets.UTF_8);
  private static final int READERS = 8;
  private static final int MAX_TRIES = 40;

  @TempDir Path root;
  private final ExecutorService callers = Executors.newCachedThreadPool();

  @AfterEach
  void endCallers() {
    callers.shutdownNow();
  }

  /** The right to write the ledger, held by a connection that is none of the server's. */
  private final class Holder implements AutoCloseable {
    private final Connection connection;

    Holder() throws SQLException {
      connection = DriverManager.getConnection("jdbc:sqlite:" + root.resolve("state.db"));
      execute("BEGIN IMMEDIATE");
    }

    private void execute(String sql) throws SQLException {
      try (Statement statement = connection.createStatement()) {
        statement.execute(sql);
      }
    }

    @Override
    public void close() throws SQLException {
      execute("COMMIT");
      connection.close();
    }
  }

  private List<Answer> atOnce(List<Supplier<Answer>> calls) {
    return begin(calls).stream().map(CompletableFuture::join).toList();
  }

  private List<CompletableFuture<Answer>> begin(List<Supplier<Answer>> calls) {
    return calls.stream().map(call -> CompletableFuture.supplyAsync(call, callers)).toList();
  }

  /** Its events are those of versions 1 to this one. */
  private static void assertNoGap(ApiClient api, String batch, long version) {
    Answer history = api.get("/api/batches/" + batch + "/history").expect(200);
    List<Long> versions = new ArrayList<>();
    for (JsonNode event : history.field("events")) {
      versions.add(event.get("version").asLong());
    }
    assertEquals(LongStream.rangeClosed(1, version).boxed().toList(), versions);
    assertEquals(version, api.versionOf(batch));
  }

  @Test
  void d4_ledgerHeldForLongerThanTheBoundIs503AndNothingIsLost() throws Exception {
    try (RunningServer server = RunningServer.on(root, LITTLE)) {
      ApiClient api = server.api();
      String batch = api.init(3);
      String url = api.start(batch, "/before", HELLO.length).text("presigned_url");
      List<Supplier<Answer>> calls =
          List.of(
              () -> api.complete(batch, "/before"),
              () -> api.start(batch, "/a", HELLO.length),
              () -> api.start(batch, "/b", HELLO.length));
      try (Holder holder = new Holder()) {
        api.put(url, HELLO).expect(200);
        for (int round = 0; round < 2; round++) {
          for (Answer answer : atOnce(calls)) {
            answer.expect(503, "UNAVAILABLE");
          }
          api.post("/api/batches/init", ApiClient.initRequest(1, 0)).expect(503, "UNAVAILABLE");
          // Who only reads waits for nobody.
          assertNoGap(api, batch, 2);
        }
        holder.execute("UPDATE batch SET uploader = 'somebody else'");
      }
      for (Answer answer : atOnce(calls)) {
        answer.expect(200);
      }
      assertNoGap(api, batch, 5);
      assertEquals("somebody else", api.status(batch, "").text("uploader"));
      for (String path : List.of("/a", "/b")) {
        api.put(api.start(batch, path, HELLO.length).text("presigned_url"), HELLO).expect(200);
        api.complete(batch, path).expect(200);
      }
      api.finalizeBatch(batch).expect(200);
      assertEquals(1, api.get("/api/batches").field("batches").size());
      assertEquals(List.of(), BagCheck.problems(root.resolve("batches").resolve(batch)));
    }
  }

  @Test
  void d4_readinessSeesAHeldLedger() throws Exception {
    for (Duration patience : List.of(LITTLE, MUCH)) {
      try (RunningServer server = RunningServer.on(root, patience)) {
        ApiClient api = server.api();
        try (Holder holder = new Holder()) {
          Answer ready = api.get("/health/ready").expect(503);
          assertEquals("unavailable", ready.text("status"));
          assertTrue(ready.field("warnings").get(0).asText().contains("ledger"), ready.body());
          api.get("/health/live").expect(200);
        }
        Answer ready = api.get("/health/ready");
        for (int tries = 0; ready.status() != 200 && tries < MAX_TRIES; tries++) {
          ready = api.get("/health/ready");
        }
        assertEquals("healthy", ready.expect(200).text("status"));
      }
    }
  }

  @Test
  void d4_ledgerHeldForLessThanTheBoundOnlyKeepsItsCallersWaiting() throws Exception {
    try (RunningServer server = RunningServer.on(root, MUCH)) {
      ApiClient api = server.api();
      String batch = api.init(8);
      List<CompletableFuture<Answer>> waiting;
      try (Holder holder = new Holder()) {
        waiting =
            begin(
                IntStream.range(0, 8)
                    .mapToObj(i -> (Supplier<Answer>) () -> api.start(batch, "/f" + i, 5))
                    .toList());
        // Time enough for the calls to arrive, had they not to wait.
        for (int i = 0; i < 200; i++) {
          assertEquals(1, api.versionOf(batch));
        }
        assertTrue(waiting.stream().noneMatch(CompletableFuture::isDone));
        holder.execute("UPDATE batch SET uploader = 'somebody else'");
      }
      waiting.forEach(call -> call.join().expect(200));
      assertNoGap(api, batch, 9);
      assertEquals("somebody else", api.status(batch, "").text("uploader"));
    }
  }

  @Test
  void d4_slowReadersOfAnswersTakeNoReaderOfTheLedgerFromOthers() throws Exception {
    try (RunningServer server = RunningServer.on(root, LITTLE)) {
      ApiClient api = server.api();
      String batch = api.init(3000);
      long version = registerMany(api, batch);
      List<Socket> slow = new ArrayList<>();
      try {
        for (int i = 0; i < READERS; i++) {
          slow.add(slowReader(server, batch));
        }
        api.status(batch, "?summary=true").expect(200);
        assertEquals(version - 1, api.status(batch, "").expect(200).field("files").size());
        api.finalizeBatch(batch).expect(400);
        api.get("/api/batches").expect(200);
        assertEquals("healthy", api.get("/health/ready").expect(200).text("status"));
        api.start(batch, "/more", HELLO.length).expect(200);
      } finally {
        for (Socket socket : slow) {
          socket.close();
        }
      }
      assertNoGap(api, batch, version + 1);
      assertEquals(version, api.status(batch, "").expect(200).field("files").size());
    }
  }

  /** So many long names that a whole status is more than all buffers on its way hold. */
  private static long registerMany(ApiClient api, String batch) {
    String directory = ("/" + "d".repeat(250)).repeat(10);
    long version = 1;
    for (int call = 0; call < 10; call++) {
      List<Map<String, Object>> files = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        files.add(new LinkedHashMap<>(ApiClient.startRequest(directory + "/" + call + "-" + i, 5)));
      }
      api.post("/api/batches/" + batch + "/files/start", Map.of("files", files)).expect(200);
      version += files.size();
    }
    return version;
  }

  /** Asks for the whole status, and takes no more of it than its first byte. */
  private static Socket slowReader(RunningServer server, String batch) throws IOException {
    URI uri = URI.create(server.url());
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4096);
    socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()));
    String request = "GET /api/batches/" + batch + "/status HTTP/1.1\r\nHost: localhost\r\n\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
    assertEquals('H', socket.getInputStream().read());
    return socket;
  }
}
