package dev.archive.client.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.archive.model.ErrorCode;
import dev.archive.testing.AnswersInstead;
import dev.archive.testing.AnswersInstead.Liar;
import dev.archive.testing.AnswersInstead.Said;
import dev.archive.testing.KeyValueIngestOptions;
import dev.archive.testing.KeyValueIngestOptions.AssemblyFault;
import dev.archive.testing.KeyValueIngestOptions.Variant;
import dev.archive.testing.KeyValueIngestServer;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What counts as success of a server without versions: its words, not its status 200. */
class UnversionedSuccessTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{}",
        "true",
        "<html>",
        "{\"success\":false}",
        "{\"success\":null}",
        "{\"success\":\"true\"}",
        "{\"success\":1}",
        "{\"success\":true",
        "{\"success\":true}{\"success\":false}",
        "{\"error\":\"it failed\"}"
      })
  void aCompleteThatDoesNotSaySoIsNone(String body) throws Exception {
    Trees.random(tree().resolve("large.bin"), 30_000, 1);
    Liar liar =
        (call, honest) ->
            call.path().endsWith("/complete")
                ? new Said(200, body)
                : call.path().endsWith("/status")
                    ? completed(honest.say(call.body()))
                    : honest.say(call.body());
    try (KeyValueIngestServer server = inParts(Variant.DURABLE_OBJECT, AssemblyFault.NONE);
        AnswersInstead proxy = new AnswersInstead(server.url(), liar)) {
      QuickRun run = run(proxy.url());
      assertNotNull(run.failure(), "ended with " + run.report());
      assertEquals(ErrorCode.STATE_DIFFERS, run.failure().code(), run.failure().getMessage());
      assertEquals(3, proxy.calls("/complete").size(), "once in each batch");
      assertEquals(List.of(), proxy.calls("/finalize"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "{}",
        "{\"status\":\"enqueued\"}",
        "{\"batch_id\":\"%s\",\"status\":\"enqueued\",\"files_uploaded\":1}",
        "{\"batch_id\":\"%s\",\"status\":\"uploading\",\"files_uploaded\":1,\"total_bytes\":3}",
        "{\"batch_id\":\"%s\",\"status\":\"failed\",\"files_uploaded\":1,\"total_bytes\":3}",
        "{\"batch_id\":\"%s\",\"status\":\"enqueued\",\"files_uploaded\":0,\"total_bytes\":3}",
        "{\"batch_id\":\"%s\",\"status\":\"enqueued\",\"files_uploaded\":1,\"total_bytes\":2}",
        "{\"batch_id\":\"x\",\"status\":\"enqueued\",\"files_uploaded\":1,\"total_bytes\":3}"
      })
  void aFinalizeThatDoesNotSaySoIsNone(String body) throws Exception {
    Trees.file(tree().resolve("a.txt"), "one");
    Liar liar =
        (call, honest) ->
            call.path().endsWith("/finalize")
                ? new Said(200, body.replace("%s", call.path().split("/")[3]))
                : honest.say(call.body());
    try (KeyValueIngestServer server = inParts(Variant.DURABLE_OBJECT, AssemblyFault.NONE);
        AnswersInstead proxy = new AnswersInstead(server.url(), liar)) {
      QuickRun run = run(proxy.url());
      assertNotNull(run.failure(), "ended with " + run.report());
    }
  }

  /** The bare name of a file tells nobody which of the two it is. */
  @ParameterizedTest
  @CsvSource({
    "NAIVE, FAILS",
    "NAIVE, FAILS_UNANSWERED",
    "UNCOMPARED_VERSION, FAILS",
    "UNCOMPARED_VERSION, FAILS_UNANSWERED",
    "DURABLE_OBJECT, FAILS",
    "DURABLE_OBJECT, FAILS_UNANSWERED"
  })
  void twoFilesOfOneNameThatEachFailOnceAreBothThere(Variant variant, AssemblyFault fault)
      throws Exception {
    Trees.random(tree().resolve("a/large.bin"), 30_000, 1);
    Trees.random(tree().resolve("b/large.bin"), 30_000, 2);
    try (KeyValueIngestServer server = inParts(variant, fault)) {
      QuickRun run = run(server.url().toString());
      assertNotNull(run.report(), "" + run.failure());
      String batch = "staging/" + run.report().receipt().batchId().value();
      for (String name : List.of("/a/large.bin", "/b/large.bin")) {
        assertEquals(
            Trees.sha256(tree().resolve(name.substring(1))),
            server.objects().get(batch + name).sha256());
      }
      assertEquals(batch, "staging/" + server.enqueued().get(0).batchId());
    }
  }

  private Path tree() {
    return directory.resolve("tree");
  }

  private QuickRun run(String url) {
    return QuickRun.of(url, tree(), directory.resolve("state"));
  }

  private static Said completed(Said said) {
    return new Said(said.status(), said.body().replace("\"uploading\"", "\"completed\""));
  }

  /** Files of 10,000 bytes come in parts; the first two times these are not assembled. */
  private static KeyValueIngestServer inParts(Variant variant, AssemblyFault fault)
      throws IOException {
    return new KeyValueIngestServer(
            KeyValueIngestOptions.of(variant)
                .multipart(10_000, 10_000)
                .assembly(fault, 0, 2)
                .build())
        .start();
  }
}
