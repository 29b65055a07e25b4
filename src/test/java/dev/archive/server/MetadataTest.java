package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.server.ApiClient.Answer;
import dev.archive.wire.MetadataRules;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is accepted at init is kept byte for byte, and can always be listed and shown. */
class MetadataTest {
  private static final String RAW =
      "{ \"x\":1e400,\"z\":1.10,\n\t\"w\":12345678901234567.5, \"e\":\"\\u00e9\\/\",\"é\":-0.0}";

  @TempDir Path root;

  private static Answer init(RunningServer server, String metadata) {
    return server
        .api()
        .postText(
            "/api/batches/init",
            "{\"uploader\":\"a\",\"root_path\":\"/\",\"file_count\":1,\"total_size\":0,"
                + "\"metadata\":"
                + metadata
                + ",\"custom_prompts\":"
                + metadata
                + "}");
  }

  @Test
  void rawTextGoesThroughStatusListBagAndMessage() throws IOException, InterruptedException {
    Path told = root.resolve("told");
    ServerOptions options =
        new ServerOptions(
            root.resolve("archive"),
            "127.0.0.1",
            0,
            null,
            "test",
            ServerOptions.EXPIRE_AFTER,
            false,
            "cat > " + told + ".new && mv " + told + ".new " + told);
    try (RunningServer server = RunningServer.on(options, Clock.systemUTC())) {
      String batch = init(server, RAW).expect(201).text("batch_id");
      for (String query : List.of("", "?summary=true", "?since=0")) {
        String body = server.api().status(batch, query).expect(200).body();
        assertTrue(body.contains("\"metadata\":" + RAW), body);
        assertTrue(body.contains("\"custom_prompts\":" + RAW), body);
      }
      String list = server.api().get("/api/batches").expect(200).body();
      assertTrue(list.contains("\"metadata\":" + RAW), list);
      server.api().add(batch, "/a", new byte[0]);
      server.api().finalizeBatch(batch).expect(200);
      String info = Files.readString(server.bag(batch).resolve("bag-info.txt"));
      assertTrue(info.contains("Archive-Metadata: " + RAW.replace("\n", " ") + "\n"), info);
      for (int tries = 0; tries < 2000 && !Files.exists(told); tries++) {
        LockSupport.parkNanos(5_000_000);
      }
      String message = Files.readString(told);
      assertTrue(message.contains("\"metadata\":" + RAW), message);
    }
  }

  static Stream<String> largestOfTheirKind() {
    int depth = MetadataRules.MAX_DEPTH;
    StringBuilder keys = new StringBuilder("{");
    for (int i = 0; i < MetadataRules.MAX_KEYS; i++) {
      keys.append(i == 0 ? "" : ",").append('"').append(i).append("\":1");
    }
    return Stream.of(
        "{\"a\":".repeat(depth) + "1" + "}".repeat(depth),
        "{\"a\":" + "[".repeat(depth - 1) + "]".repeat(depth - 1) + "}",
        keys + "}",
        "{\"" + "k".repeat(MetadataRules.MAX_KEY_LENGTH) + "\":1}",
        "{\"n\":" + "9".repeat(MetadataRules.MAX_NUMBER_LENGTH) + "}");
  }

  @ParameterizedTest
  @MethodSource("largestOfTheirKind")
  void largestThatIsAcceptedCanBeListedAndShown(String metadata) {
    try (RunningServer server = RunningServer.on(root)) {
      String batch = init(server, metadata).expect(201).text("batch_id");
      assertTrue(server.api().status(batch, "").expect(200).body().contains(metadata));
      assertTrue(server.api().get("/api/batches").expect(200).body().contains(metadata));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {21, 31, 1000, 50_000})
  void whatIsNestedDeeperIsRefusedInWords(int depth) {
    try (RunningServer server = RunningServer.on(root)) {
      Answer refused = init(server, "{\"a\":".repeat(depth) + "1" + "}".repeat(depth));
      refused.expect(400, "INVALID_REQUEST");
      String error = refused.text("error");
      assertTrue(error.contains("nested"), error);
      assertEquals(0, server.api().get("/api/batches").field("batches").size());
    }
  }

  @Test
  void moreThanItsLimitIsRefusedInWords() {
    try (RunningServer server = RunningServer.on(root)) {
      String text = "x".repeat(MetadataRules.MAX_BYTES);
      Answer refused =
          server
              .api()
              .postText(
                  "/api/batches/init",
                  "{\"uploader\":\"a\",\"root_path\":\"/\",\"file_count\":1,\"total_size\":0,"
                      + "\"metadata\":{\"a\":\""
                      + text
                      + "\"}}")
              .expect(400, "INVALID_REQUEST");
      assertTrue(
          refused.text("error").getBytes(StandardCharsets.UTF_8).length < 200,
          refused.text("error"));
    }
  }
}
