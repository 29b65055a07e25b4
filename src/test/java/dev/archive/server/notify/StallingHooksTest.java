package dev.archive.server.notify;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.archive.server.ApiClient;
import dev.archive.server.RunningServer;
import dev.archive.server.ServerOptions;
import dev.archive.server.SettableClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Hooks that stall on some batches, beside batches on which they do not. */
@Timeout(60)
class StallingHooksTest {
  private static final String ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  /** From here on the answer says that the message was taken. */
  private static final int HEAD = ANSWER.indexOf("ok");

  private static final String REFUSAL = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
  private static final int WORKING = 10;

  @TempDir Path root;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Socket> open = new ArrayList<>();
  private ServerSocket receiver;

  @BeforeEach
  void listen() throws IOException {
    receiver = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    var unused =
        threads.submit(
            () -> {
              while (true) {
                Socket socket = receiver.accept();
                synchronized (open) {
                  open.add(socket);
                }
                threads.execute(() -> receive(socket));
              }
            });
  }

  @AfterEach
  void end() throws IOException {
    receiver.close();
    synchronized (open) {
      for (Socket socket : open) {
        socket.close();
      }
    }
    threads.shutdownNow();
  }

  private String url() {
    return "http://127.0.0.1:" + receiver.getLocalPort() + "/";
  }

  /** Sends as much of an answer as the message wants, and is silent then. */
  private void receive(Socket socket) {
    try {
      while (true) {
        JsonNode message = new ObjectMapper().readTree(body(socket));
        JsonNode wanted = message.path("metadata").path("answer");
        socket.getOutputStream().write(wanted.asText().getBytes(US_ASCII));
        socket.getOutputStream().flush();
      }
    } catch (IOException e) {
      // The other side has gone.
    }
  }

  private static byte[] body(Socket socket) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        throw new IOException("closed");
      }
      head.append((char) next);
    }
    String length = head.toString().replaceAll("(?is).*content-length: *([0-9]+).*", "$1");
    return socket.getInputStream().readNBytes(Integer.parseInt(length));
  }

  private static String finalized(ApiClient api, String answer) {
    Map<String, Object> request = new LinkedHashMap<>(ApiClient.initRequest(1, 5));
    request.put("metadata", Map.of("answer", answer));
    String batch = api.post("/api/batches/init", request).expect(201).text("batch_id");
    api.add(batch, "/a", "hello".getBytes(UTF_8));
    api.finalizeBatch(batch).expect(200);
    return batch;
  }

  private static void awaitCompleted(ApiClient api, String batch) {
    while (!api.status(batch, "?summary=true").text("status").equals("completed")) {
      Thread.onSpinWait();
    }
  }

  private RunningServer server(String hook) {
    return RunningServer.on(
        new ServerOptions(root, "127.0.0.1", 0, null, "test", Duration.ofHours(24), false, hook),
        new SettableClock());
  }

  @Test
  void aHookThatStallsAtEachByteKeepsNoOtherMessage() {
    try (RunningServer server = server(url())) {
      ApiClient api = server.api();
      List<String> stalled = new ArrayList<>();
      for (int bytes = 0; bytes < ANSWER.length(); bytes++) {
        stalled.add(finalized(api, ANSWER.substring(0, bytes)));
      }
      String refused = finalized(api, REFUSAL);
      List<String> working = new ArrayList<>();
      for (int i = 0; i < WORKING; i++) {
        working.add(finalized(api, ANSWER));
      }
      // Less than the time of an exchange: all others are under way still.
      working.forEach(batch -> awaitCompleted(api, batch));
      assertEquals("processing", api.status(stalled.get(0), "?summary=true").text("status"));
      assertEquals("processing", api.status(refused, "?summary=true").text("status"));
    }
  }

  @Test
  void aCommandThatHangsKeepsNoOtherMessage() {
    String command = "read -r line; case $line in *hang*) sleep 1000;; *refuse*) exit 3;; esac";
    try (RunningServer server = server(command)) {
      ApiClient api = server.api();
      String hanging = finalized(api, "hang");
      finalized(api, "refuse");
      List<String> working = new ArrayList<>();
      for (int i = 0; i < WORKING; i++) {
        working.add(finalized(api, "work"));
      }
      working.forEach(batch -> awaitCompleted(api, batch));
      assertEquals("processing", api.status(hanging, "?summary=true").text("status"));
    }
  }

  @Test
  void oneTimeBoundsAWholeExchangeAtWhicheverByteItStalls() throws Exception {
    Webhook hook = new Webhook(URI.create(url()), new byte[32], Duration.ofMillis(300));
    for (int bytes : new int[] {0, 1, HEAD - 1}) {
      byte[] message = message(ANSWER.substring(0, bytes));
      IOException late = assertThrows(IOException.class, () -> hook.deliver(message));
      assertTrue(String.valueOf(late.getMessage()).matches(".*(not answer|timed out).*"));
    }
    // It has said that it took the message.
    hook.deliver(message(ANSWER.substring(0, HEAD)));
    hook.deliver(message(ANSWER));
    byte[] refused = message(REFUSAL);
    assertEquals(
        "it answered 500",
        assertThrows(IOException.class, () -> hook.deliver(refused)).getMessage());
  }

  private static byte[] message(String answer) throws IOException {
    return new ObjectMapper().writeValueAsBytes(Map.of("metadata", Map.of("answer", answer)));
  }

  @Test
  void aCommandIsKilledWithAllThatItStartedWhenItsTimeIsUp() {
    CommandHook hook = new CommandHook("trap '' TERM; sleep 1000", root, Duration.ofMillis(300));
    long before = ProcessHandle.current().descendants().count();
    assertThrows(IOException.class, () -> hook.deliver(new byte[] {'{', '}'}));
    while (ProcessHandle.current().descendants().filter(ProcessHandle::isAlive).count() > before) {
      Thread.onSpinWait();
    }
    assertEquals(0, root.toFile().list().length);
  }
}
