package dev.archive.server.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.Limit;
import dev.archive.model.Limits;
import dev.archive.server.ApiClient;
import dev.archive.server.RunningServer;
import dev.archive.server.ServerOptions;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Long responses that nobody reads do not fill the disk. */
@Timeout(120)
class HeldResponsesTest {
  private static final int FILES = 900;

  @TempDir Path root;

  private static String batch(ApiClient api) {
    String batch = api.init(FILES);
    String directory = ("/" + "d".repeat(250)).repeat(12);
    for (int call = 0; call < FILES; call += 300) {
      List<Map<String, Object>> files = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        files.add(new LinkedHashMap<>(ApiClient.startRequest(directory + "/" + (call + i), 5)));
      }
      api.post("/api/batches/" + batch + "/files/start", Map.of("files", files)).expect(200);
    }
    return batch;
  }

  @Test
  void oneMayBeOfAnyLengthAndOthersWaitUntilItIsRead() throws Exception {
    ServerOptions options =
        new ServerOptions(root, "127.0.0.1", 0, null, "test")
            .with(Limits.USUAL.with(Limit.RESPONSE_BYTES, 1 << 20));
    try (RunningServer server = RunningServer.on(options, Clock.systemUTC())) {
      ApiClient api = server.api();
      String batch = batch(api);
      assertEquals(FILES, api.status(batch, "").expect(200).field("files").size());
      try (Socket silent = new Socket()) {
        silent.setReceiveBufferSize(4096);
        URI uri = URI.create(server.url());
        silent.connect(new InetSocketAddress(uri.getHost(), uri.getPort()));
        String request =
            "GET /api/batches/" + batch + "/history HTTP/1.1\r\nHost: localhost\r\n\r\n";
        for (int i = 0; i < 4; i++) {
          // Pipelined, so that what the sockets hold is less than what it asks for.
          silent.getOutputStream().write(request.getBytes(UTF_8));
        }
        assertEquals('H', silent.getInputStream().read());
        ApiClient.Answer refused = api.status(batch, "").expect(503, "UNAVAILABLE");
        assertTrue(refused.body().contains("wait to be read; nothing was done"), refused.body());
        api.status(batch, "?summary=true").expect(200);
      }
      while (api.status(batch, "").status() == 503) {
        Thread.onSpinWait();
      }
      assertEquals(FILES, api.status(batch, "").expect(200).field("files").size());
    }
  }
}
