package dev.archive.server.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.Limit;
import dev.archive.model.Limits;
import dev.archive.server.ApiClient;
import dev.archive.server.ApiClient.Answer;
import dev.archive.server.RunningServer;
import dev.archive.server.SettableClock;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Peers that say nothing, or read nothing, hold neither a thread nor a reader of the ledger: more
 * of them than the server has threads. {@code scripts/silent-peers.py} does it by the real clock.
 */
@Timeout(120)
class SilentPeersTest {
  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private static final int PEERS = 250;

  @TempDir Path root;
  private final SettableClock clock = new SettableClock();
  private final List<Socket> peers = new ArrayList<>();
  private RunningServer server;

  @BeforeEach
  void start() {
    server = RunningServer.judgingPeersBy(root, clock);
  }

  @AfterEach
  void stop() throws IOException {
    for (Socket peer : peers) {
      peer.close();
    }
    server.close();
  }

  private Socket send(String head, String some) throws IOException {
    Socket socket = server.connect();
    peers.add(socket);
    socket.getOutputStream().write((head + "\r\n\r\n" + some).getBytes(US_ASCII));
    socket.getOutputStream().flush();
    return socket;
  }

  private static String put(String url, int length) {
    URI uri = URI.create(url);
    return "PUT "
        + uri.getRawPath()
        + "?"
        + uri.getRawQuery()
        + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
        + length;
  }

  private static String post(String call, int length) {
    return "POST " + call + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + length;
  }

  /** One whole upload, as anybody's. */
  private void honestUpload() {
    ApiClient api = server.api();
    String batch = api.init(1);
    api.add(batch, "/a", HELLO);
    api.finalizeBatch(batch).expect(200);
    api.get("/health/live").expect(200);
  }

  private void assertCut(String status) throws IOException {
    // A body may have arrived only when it was looked at for the first time.
    for (int i = 0; i < PEERS; i++) {
      clock.advance(Limits.USUAL.time(Limit.BODY_GRACE).plusSeconds(1));
      String answer = RunningServer.readAll(peers.get(i));
      assertTrue(answer.startsWith(status), answer);
    }
  }

  @Test
  void silentPutBodiesHoldNoThreadAndAreCut() throws IOException {
    ApiClient api = server.api();
    String batch = api.init(PEERS);
    for (int i = 0; i < PEERS; i++) {
      Answer started = api.start(batch, "/f" + i, 1000).expect(200);
      send(put(started.text("presigned_url"), 1000), "some");
    }
    honestUpload();
    assertCut("HTTP/1.1 408 ");
  }

  @Test
  void silentPartsHoldNoThreadAndAreCut() throws IOException {
    ApiClient api = server.api();
    String batch = api.init(1);
    Answer started = api.start(batch, "/large", 20L << 20).expect(200);
    String url = started.field("presigned_urls").get(0).get("url").asText();
    for (int i = 0; i < PEERS; i++) {
      send(put(url, (i % 2 == 0 ? 10 : 5) << 20), "some");
    }
    honestUpload();
    // One of them has the part, and is too slow; the others lost it to one that came later.
    assertCut("HTTP/1.1 40");
  }

  @Test
  void silentJsonBodiesAndBundlesHoldNoThreadAndAreCut() throws IOException {
    String batch = server.api().init(1);
    List<String> calls =
        List.of("init", batch + "/files/start", batch + "/files/complete", batch + "/finalize");
    for (int i = 0; i < PEERS; i++) {
      String call = i % 5 == 4 ? batch + "/files/bundle" : calls.get(i % 5);
      send(post("/api/batches/" + call, 1000), "{\"some");
    }
    honestUpload();
    assertCut("HTTP/1.1 408 ");
  }

  @Test
  void silentBodiesThatAreRefusedHoldNoThreadAndAreCut() throws IOException {
    for (int i = 0; i < PEERS; i++) {
      send(post(i % 2 == 0 ? "/nowhere" : "/upload/x", 1000), "some");
    }
    honestUpload();
    assertCut("HTTP/1.1 40");
  }

  @Test
  void headsThatDripAreCutAndIdleConnectionsAreNot() throws Exception {
    Socket idle = send("GET /health/live HTTP/1.1\r\nHost: localhost", "");
    assertEquals('H', idle.getInputStream().read());
    for (int i = 0; i < 50; i++) {
      Socket drip = server.connect();
      peers.add(drip);
      drip.getOutputStream().write("GET / HT".getBytes(US_ASCII));
    }
    Socket mute = server.connect();
    peers.add(mute);
    honestUpload();
    Socket drip = peers.get(1);
    assertTrue(
        isCutBy(
            () -> {
              clock.advance(Duration.ofSeconds(1));
              drip.getOutputStream().write('x');
            }));
    for (Socket peer : peers.subList(1, peers.size())) {
      assertTrue(isCut(peer));
    }
    idle.getOutputStream().write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII));
    honestUpload();
  }

  private interface Act {
    void act() throws IOException;
  }

  private static boolean isCutBy(Act act) throws InterruptedException {
    for (int i = 0; i < 1000; i++) {
      try {
        act.act();
        Thread.sleep(20);
      } catch (IOException e) {
        return true;
      }
    }
    return false;
  }

  @Test
  void slowReadersHoldNoReaderOfTheLedgerAndAreCut() throws Exception {
    ApiClient api = server.api();
    String batch = api.init(3000);
    String directory = ("/" + "d".repeat(250)).repeat(10);
    for (int call = 0; call < 10; call++) {
      List<Map<String, Object>> files = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        files.add(new LinkedHashMap<>(ApiClient.startRequest(directory + "/" + call + "-" + i, 5)));
      }
      api.post("/api/batches/" + batch + "/files/start", Map.of("files", files)).expect(200);
    }
    URI uri = URI.create(server.url());
    for (String call : List.of("status", "status?since=0&limit=5000", "history")) {
      for (int i = 0; i < 4; i++) {
        Socket socket = new Socket();
        peers.add(socket);
        socket.setReceiveBufferSize(4096);
        socket.setSoTimeout(20_000);
        socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()));
        String request =
            "GET /api/batches/" + batch + "/" + call + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(UTF_8));
      }
    }
    for (Socket socket : peers) {
      assertEquals('H', socket.getInputStream().read());
    }
    honestUpload();
    assertEquals(3000, api.status(batch, "").expect(200).field("files").size());
    for (Socket socket : peers) {
      assertTrue(isCut(socket));
    }
  }

  /** Time passes, and now and then some bytes are read. */
  private boolean isCut(Socket socket) throws InterruptedException {
    for (int i = 0; i < 1000; i++) {
      try {
        if (socket.getInputStream().read(new byte[512]) < 0) {
          return true;
        }
        clock.advance(Duration.ofSeconds(5));
        Thread.sleep(5);
      } catch (SocketException e) {
        return true;
      } catch (IOException e) {
        return false;
      }
    }
    return false;
  }
}
