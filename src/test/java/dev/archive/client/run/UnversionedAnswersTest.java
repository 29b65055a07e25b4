package dev.archive.client.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ErrorCode;
import dev.archive.testing.AnswersInstead;
import dev.archive.testing.AnswersInstead.Call;
import dev.archive.testing.AnswersInstead.Honest;
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
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers of a server without versions that must not lead to a receipt. */
class UnversionedAnswersTest {
  private static final Said SUCCESS = new Said(200, "{\"success\":true}");

  @TempDir Path directory;

  /** Whose first complete was refused is not proved by a status that calls it completed. */
  @Test
  void whatTheStatusCallsCompleteCountsOnlyWhereItWasSent() throws Exception {
    Trees.random(tree().resolve("large.bin"), 30_000, 1);
    try (KeyValueIngestServer server = inParts(AssemblyFault.NONE);
        AnswersInstead proxy =
            new AnswersInstead(
                server.url(),
                (call, honest) ->
                    call.path().endsWith("/complete")
                        ? new Said(404, "{\"error\":\"File not found in batch\"}")
                        : allIsWell(call, honest, 1, 30_000))) {
      QuickRun run = run(proxy);
      assertNotNull(run.failure(), "ended with " + run.report());
      assertEquals(ErrorCode.STATE_DIFFERS, run.failure().code());
      assertTrue(
          run.failure().getMessage().contains("its bytes were not sent"),
          run.failure().getMessage());
      assertEquals(List.of(), proxy.calls("/finalize"));
    }
  }

  /** Only a server that checks the digest of the whole proves what an earlier run has sent. */
  @Test
  void partsThatAServerWithoutDigestsSaysItHasAreSentAllTheSame() throws Exception {
    Trees.random(tree().resolve("large.bin"), 30_000, 1);
    Liar liar =
        (call, honest) ->
            call.path().endsWith("/start")
                ? with(
                    honest.say(call.body()),
                    "\"part_size\":",
                    "\"received\":[{\"part_number\":1,\"size\":10000,\"etag\":\"0\"}],\"part_size\":")
                : honest.say(call.body());
    try (KeyValueIngestServer server = inParts(AssemblyFault.NONE);
        AnswersInstead proxy = new AnswersInstead(server.url(), liar)) {
      assertHolds(server, run(proxy));
    }
  }

  @Test
  void anUploadOfNoPartsIsNeverCompleted() throws Exception {
    Trees.random(tree().resolve("large.bin"), 30_000, 1);
    Liar liar =
        (call, honest) ->
            call.path().endsWith("/start")
                ? new Said(
                    200,
                    "{\"r2_key\":\"k\",\"upload_type\":\"multipart\",\"upload_id\":\"u\","
                        + "\"part_size\":9223372036854775807,\"presigned_urls\":[]}")
                : call.path().endsWith("/complete") ? SUCCESS : allIsWell(call, honest, 1, 30_000);
    try (KeyValueIngestServer server = inParts(AssemblyFault.NONE);
        AnswersInstead proxy = new AnswersInstead(server.url(), liar)) {
      QuickRun run = run(proxy);
      assertNotNull(run.failure(), "ended with " + run.report());
      assertEquals(List.of(), proxy.calls("/complete"));
    }
  }

  /** A backslash in a URL is sent as a slash, which names the object of another file. */
  @Test
  void aUrlThatIsSentAsAnotherIsNotSentTo() throws Exception {
    Trees.file(tree().resolve("a/b.txt"), "the one");
    Trees.file(tree().resolve("a\\b.txt"), "the other");
    Liar liar =
        (call, honest) ->
            call.path().endsWith("/start") && call.body().contains("a\\\\b.txt")
                ? with(honest.say(call.body()), "a/b.txt?", "a\\\\b.txt?")
                : honest.say(call.body());
    KeyValueIngestOptions options =
        KeyValueIngestOptions.of(Variant.DURABLE_OBJECT).allowAnyName().build();
    try (KeyValueIngestServer server = new KeyValueIngestServer(options).start();
        AnswersInstead proxy = new AnswersInstead(server.url(), liar)) {
      QuickRun run = run(proxy);
      assertEquals(1, run.report().failures().size());
      assertTrue(server.enqueued().isEmpty());
    }
  }

  @Test
  void twoFilesOfOneKeyAreNeverFinalized() throws Exception {
    Trees.file(tree().resolve("a.txt"), "one");
    Trees.file(tree().resolve("b.txt"), "two");
    Liar liar =
        (call, honest) -> {
          if (call.path().endsWith("/start")) {
            return honest.say(call.body().replace("b.txt", "a.txt"));
          }
          boolean complete = call.path().endsWith("/complete");
          boolean status = call.path().endsWith("/status");
          return complete
              ? SUCCESS
              : status ? new Said(404, "{\"error\":\"Not found\"}") : allIsWell(call, honest, 2, 6);
        };
    KeyValueIngestOptions options = KeyValueIngestOptions.of(Variant.DURABLE_OBJECT).build();
    try (KeyValueIngestServer server = new KeyValueIngestServer(options).start();
        AnswersInstead proxy = new AnswersInstead(server.url(), liar)) {
      QuickRun run = run(proxy);
      assertNotNull(run.failure(), "ended with " + run.report());
      assertEquals(ErrorCode.STATE_DIFFERS, run.failure().code());
      assertTrue(
          run.failure().getMessage().contains("/a.txt and /b.txt"), run.failure().getMessage());
      assertEquals(List.of(), proxy.calls("/finalize"));
    }
  }

  /** A gateway may answer a repeated key with the batch that was given up. */
  @Test
  void eachBatchIsOpenedWithAKeyOfItsOwn() throws Exception {
    Trees.random(tree().resolve("large.bin"), 30_000, 1);
    Map<String, Said> byKey = new ConcurrentHashMap<>();
    Liar liar =
        (call, honest) -> {
          if (!call.path().endsWith("/init")) {
            return honest.say(call.body());
          }
          Said said = byKey.getOrDefault(call.idempotencyKey(), honest.say(call.body()));
          byKey.put(call.idempotencyKey(), said);
          return said;
        };
    try (KeyValueIngestServer server = inParts(AssemblyFault.FAILS);
        AnswersInstead proxy = new AnswersInstead(server.url(), liar)) {
      assertHolds(server, run(proxy));
      assertEquals(2, byKey.size());
    }
  }

  /** Whatever the key, a batch that was given up is not taken for a new one. */
  @Test
  void aBatchThatWasGivenUpIsNotOpenedAgain() throws Exception {
    Trees.random(tree().resolve("large.bin"), 30_000, 1);
    Map<String, Said> first = new ConcurrentHashMap<>();
    Liar liar =
        (call, honest) -> {
          if (!call.path().endsWith("/init")) {
            return honest.say(call.body());
          }
          Said said = first.isEmpty() ? honest.say(call.body()) : first.get("");
          first.put("", said);
          return said;
        };
    try (KeyValueIngestServer server = inParts(AssemblyFault.FAILS);
        AnswersInstead proxy = new AnswersInstead(server.url(), liar)) {
      QuickRun run = run(proxy);
      assertNotNull(run.failure(), "ended with " + run.report());
      assertEquals(ErrorCode.BAD_ANSWER, run.failure().code(), run.failure().getMessage());
      assertEquals(1, proxy.calls("/start").size());
      assertTrue(server.enqueued().isEmpty());
    }
  }

  private Path tree() {
    return directory.resolve("tree");
  }

  private static KeyValueIngestServer inParts(AssemblyFault first) throws IOException {
    return new KeyValueIngestServer(
            KeyValueIngestOptions.of(Variant.DURABLE_OBJECT)
                .multipart(10_000, 10_000)
                .assembly(first, 0, 1)
                .build())
        .start();
  }

  private QuickRun run(AnswersInstead proxy) {
    return QuickRun.of(proxy.url(), tree(), directory.resolve("state"));
  }

  /** What the server says, with every file completed and the batch finalized as planned. */
  private static Said allIsWell(Call call, Honest honest, int files, long bytes)
      throws IOException {
    if (call.path().endsWith("/finalize")) {
      String batch = call.path().split("/")[3];
      return new Said(
          200,
          "{\"batch_id\":\"%s\",\"status\":\"enqueued\",\"files_uploaded\":%d,\"total_bytes\":%d}"
              .formatted(batch, files, bytes));
    }
    Said said = honest.say(call.body());
    return call.path().endsWith("/status") ? with(said, "\"uploading\"", "\"completed\"") : said;
  }

  private static Said with(Said said, String old, String now) {
    return new Said(said.status(), said.body().replace(old, now));
  }

  private void assertHolds(KeyValueIngestServer server, QuickRun run) throws Exception {
    assertNotNull(run.report(), "" + run.failure());
    String key = "staging/" + run.report().receipt().batchId().value() + "/large.bin";
    assertEquals(Trees.sha256(tree().resolve("large.bin")), server.objects().get(key).sha256());
    assertEquals(1, server.enqueued().size());
  }
}
