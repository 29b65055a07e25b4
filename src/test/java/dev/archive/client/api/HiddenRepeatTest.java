package dev.archive.client.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.wire.Messages.CompleteRequest;
import dev.archive.wire.Messages.InitRequest;
import dev.archive.wire.Messages.Processing;
import dev.archive.wire.Messages.StartRequest;
import java.util.List;
import java.util.function.Consumer;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import org.junit.jupiter.api.Test;

/** No call that changes a batch is made twice behind the back of the one retry. */
class HiddenRepeatTest {
  private static final BatchId BATCH = BatchId.parse("01ARZ3NDEKTSV4RRFFQ69G5FAV");

  /** OkHttp repeats a call by itself when a server that is overloaded says so. */
  @Test
  void anAnswerThatAsksForAnotherTryAtOnceIsLeftToTheOneRetry() throws Exception {
    List<Consumer<HttpIngestApi>> calls =
        List.of(
            api -> api.init(new InitRequest("u", "/", 1L, 1L, null, null, null), "key"),
            api ->
                api.start(
                    BATCH,
                    new StartRequest("a", 1L, "/a", "text/plain", null, Processing.ALL, null)),
            api -> api.startAll(BATCH, List.of()),
            api -> api.complete(BATCH, new CompleteRequest("k", "u", List.of(), null, null), 1),
            api -> api.completeAll(BATCH, List.of()),
            api -> api.finalizeBatch(BATCH, null, null));
    for (int i = 0; i < calls.size(); i++) {
      Consumer<HttpIngestApi> call = calls.get(i);
      try (MockWebServer server = new MockWebServer()) {
        server.start();
        server.enqueue(new MockResponse.Builder().code(503).addHeader("Retry-After", "0").build());
        server.enqueue(
            new MockResponse.Builder()
                .addHeader("Content-Type", "application/json")
                .body("{\"success\": true}")
                .build());
        String url = "http://127.0.0.1:" + server.getPort();
        try (HttpIngestApi api = new HttpIngestApi(Endpoint.open(url), "test", 1)) {
          assertThrows(ArchiveException.class, () -> call.accept(api));
        }
        assertEquals(1, server.getRequestCount(), "requests of call " + i);
      }
    }
  }
}
