package dev.archive.client.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.net.httpserver.HttpServer;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.wire.Messages.CompleteRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** An error whose words were cut off on the way could be any error. */
class CutErrorTest {
  @Test
  void anErrorThatBreaksOffIsALostAnswerAndNotOneWithoutWords() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.getResponseHeaders().set("Content-Type", "application/json");
          exchange.sendResponseHeaders(404, 100);
          exchange
              .getResponseBody()
              .write("{\"error\":\"File not".getBytes(StandardCharsets.UTF_8));
          exchange.close();
        });
    server.start();
    String url = "http://127.0.0.1:" + server.getAddress().getPort();
    try (HttpIngestApi api = new HttpIngestApi(Endpoint.open(url), "test", 1)) {
      BatchId batch = BatchId.parse("01ARZ3NDEKTSV4RRFFQ69G5FAV");
      CompleteRequest request = new CompleteRequest("key", null, null, null, null);
      ArchiveException e =
          assertThrows(ArchiveException.class, () -> api.complete(batch, request, 1));
      assertEquals(ErrorCode.ANSWER_LOST, e.code(), e.getMessage());
    } finally {
      server.stop(0);
    }
  }
}
