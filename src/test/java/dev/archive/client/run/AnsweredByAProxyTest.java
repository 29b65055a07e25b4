package dev.archive.client.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.sun.net.httpserver.HttpServer;
import dev.archive.model.ErrorCode;
import dev.archive.testing.KeyValueIngestOptions;
import dev.archive.testing.KeyValueIngestOptions.Variant;
import dev.archive.testing.KeyValueIngestServer;
import dev.archive.testing.Trees;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Bytes to which a proxy before the storage says 200 by itself, as login and block pages do. A
 * server without versions then calls a file complete of which no byte arrived.
 */
class AnsweredByAProxyTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "200, text/html, ''",
    "200, Text/HTML; charset=utf-8, '\"5f3e-2a\"'",
    "200, text/plain, ''",
    "200, text/plain, '\"\"'",
    "200, text/plain, 'W/\"\"'",
    "204, text/plain, ''",
    "302, text/html, '\"5f3e-2a\"'"
  })
  void provesNoObject(int status, String type, String etag) throws Exception {
    HttpServer page = page(status, type, etag);
    try {
      for (Variant variant : Variant.values()) {
        assertNotArchived(variant, page);
      }
    } finally {
      page.stop(0);
    }
  }

  @ParameterizedTest
  @EnumSource(Variant.class)
  void theStorageItselfProvesThem(Variant variant) throws Exception {
    Trees.file(directory.resolve("tree/a.txt"), "bytes");
    try (KeyValueIngestServer server =
        new KeyValueIngestServer(KeyValueIngestOptions.of(variant).build()).start()) {
      QuickRun run =
          QuickRun.of(
              server.url().toString(), directory.resolve("tree"), directory.resolve("state"));
      assertNotNull(run.report(), "" + run.failure());
      assertEquals(1, server.objects().size());
    }
  }

  private void assertNotArchived(Variant variant, HttpServer page) throws Exception {
    Trees.file(directory.resolve("tree/a.txt"), "bytes");
    try (KeyValueIngestServer server =
        new KeyValueIngestServer(KeyValueIngestOptions.of(variant).build()).start()) {
      server.presignAt(URI.create("http://127.0.0.1:" + page.getAddress().getPort()));
      QuickRun run =
          QuickRun.of(
              server.url().toString(),
              directory.resolve("tree"),
              directory.resolve("state-" + variant));
      assertNotNull(run.failure(), "ended with " + run.report());
      assertEquals(ErrorCode.BAD_ANSWER, run.failure().code());
      assertEquals(List.of(), server.enqueued());
    }
  }

  private static HttpServer page(int status, String type, String etag) throws Exception {
    HttpServer page =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    page.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.getResponseHeaders().set("Content-Type", type);
          if (!etag.isEmpty()) {
            exchange.getResponseHeaders().set("ETag", etag);
          }
          byte[] body = "<html>Please log in</html>".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, status == 204 ? -1 : body.length);
          exchange.getResponseBody().write(status == 204 ? new byte[0] : body);
          exchange.close();
        });
    page.start();
    return page;
  }
}
