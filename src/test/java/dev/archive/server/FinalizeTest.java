package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FinalizeTest {
  @TempDir static Path root;
  private static RunningServer server;
  private static ApiClient api;

  @BeforeAll
  static void start() {
    server = RunningServer.on(root);
    api = server.api();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void fewerFilesThanDeclaredAreAConflictWithBothCounts() {
    String batch = api.init(2);
    api.add(batch, "/a", new byte[1]);
    Answer refused = api.finalizeBatch(batch).expect(409, "CONTRACT_MISMATCH");
    assertEquals(2, refused.field("details").get("declared").asLong());
    assertEquals(1, refused.field("details").get("completed").asLong());
    assertTrue(refused.field("details").get("missing").isArray());
    assertTrue(refused.field("details").get("extra").isArray());
    assertStillUploading(batch);
    api.add(batch, "/b", new byte[1]);
    api.finalizeBatch(batch).expect(200);
  }

  @Test
  void moreFilesThanDeclaredAreAConflict() {
    String batch = api.init(1);
    api.add(batch, "/a", new byte[1]);
    api.add(batch, "/b", new byte[1]);
    Answer refused = api.finalizeBatch(batch).expect(409, "CONTRACT_MISMATCH");
    assertEquals(1, refused.number("declared"));
    assertEquals(2, refused.number("completed"));
    assertStillUploading(batch);
  }

  @Test
  void bytesDeclaredLooselyByInitAreNotEnforced() {
    String batch = api.post("/api/batches/init", ApiClient.initRequest(1, 12_345)).text("batch_id");
    api.add(batch, "/a", new byte[1]);
    api.finalizeBatch(batch).expect(200);
  }

  @Test
  void whatTheBodyExpectsMustHold() throws IOException {
    String batch = api.init(1);
    api.add(batch, "/a", "hello".getBytes(UTF_8));
    String manifest =
        Sha256.of((Sha256.of("hello".getBytes(UTF_8)) + "  data/a\n").getBytes(UTF_8)).hex();
    String wrong = "0".repeat(64);
    api.finalizeExpecting(batch, Map.of("files", 2)).expect(409, "CONTRACT_MISMATCH");
    api.finalizeExpecting(batch, Map.of("bytes", 4)).expect(409, "CONTRACT_MISMATCH");
    api.finalizeExpecting(batch, Map.of("files", 1, "bytes", 6)).expect(409, "CONTRACT_MISMATCH");
    Answer refused =
        api.finalizeExpecting(batch, Map.of("files", 1, "bytes", 5, "manifest_sha256", wrong))
            .expect(409, "CONTRACT_MISMATCH");
    assertEquals(wrong, refused.text("declared"));
    assertEquals(manifest, refused.text("completed"));
    api.finalizeExpecting(batch, Map.of("manifest_sha256", "nonsense"))
        .expect(400, "INVALID_REQUEST");
    assertStillUploading(batch);

    Answer receipt =
        api.finalizeExpecting(
                batch,
                Map.of(
                    "files", 1, "bytes", 5, "manifest_sha256", manifest.toUpperCase(Locale.ROOT)))
            .expect(200);
    assertEquals(manifest, receipt.text("manifest_sha256"));
    assertEquals(
        manifest,
        Sha256.of(Files.readAllBytes(server.bag(batch).resolve("manifest-sha256.txt"))).hex());
    assertEquals(4, receipt.version());
    assertFalse(receipt.text("finalized_at").isEmpty());
    JsonNode status = api.status(batch, "?summary=true").json();
    assertEquals(manifest, status.get("manifest_sha256").asText());
    assertEquals(receipt.text("finalized_at"), status.get("finalized_at").asText());

    api.finalizeExpecting(batch, Map.of("files", 2)).expect(409, "CONTRACT_MISMATCH");
    assertEquals(receipt.body(), api.finalizeExpecting(batch, Map.of("files", 1)).body());
  }

  @Test
  void emptyExpectationsExpectNothing() {
    String batch = api.init(1);
    api.add(batch, "/a", new byte[1]);
    api.postText("/api/batches/" + batch + "/finalize", "{\"expected\":null}").expect(200);
    api.postText("/api/batches/" + batch + "/finalize", "{}").expect(200);
    api.finalizeExpecting(batch, Map.of()).expect(200);
  }

  @Test
  void staleIfMatchFailsWithThePresentVersion() {
    String batch = api.init(1);
    api.start(batch, "/a", 1).expect(200);
    long stale = api.versionOf(batch);
    api.add(batch, "/a", new byte[1]);
    for (long other : new long[] {stale, 0, 1, 99}) {
      Answer refused =
          api.finalizeBatch(batch, "If-Match", "\"" + other + "\"").expect(412, "VERSION_CONFLICT");
      assertEquals(api.versionOf(batch), refused.number("version"));
    }
    for (String malformed : List.of("3", "W/\"3\"", "\"x\"", "\"-3\"", "\"\"")) {
      api.finalizeBatch(batch, "If-Match", malformed).expect(400, "INVALID_REQUEST");
    }
    assertStillUploading(batch);
    String current = api.status(batch, "?summary=true").etag();
    Answer receipt = api.finalizeBatch(batch, "If-Match", current).expect(200);
    Answer again = api.finalizeBatch(batch, "If-Match", current).expect(200);
    assertEquals(receipt.body(), again.body(), "repeated after a lost answer");
  }

  @Test
  void ofEightFinalizesAtOnceOneTakesEffectAndAllGetItsReceipt() throws Exception {
    String batch = api.init(40);
    for (int i = 0; i < 40; i++) {
      api.add(batch, "/" + i, new byte[i]);
    }
    long before = api.versionOf(batch);
    Set<String> receipts =
        new HashSet<>(AllAtOnce.run(8, i -> api.finalizeBatch(batch).expect(200).body()));
    assertEquals(1, receipts.size());
    assertEquals(before + 1, api.versionOf(batch));
    assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
  }

  @Test
  void filesThatComeWhileFinalizeRunsAreInTheBatchOrRefused() throws Exception {
    for (int round = 0; round < 5; round++) {
      String batch = api.init(20);
      for (int i = 0; i < 20; i++) {
        api.add(batch, "/" + i, new byte[1]);
      }
      List<Answer> answers =
          AllAtOnce.run(
              4, i -> i == 0 ? api.finalizeBatch(batch) : api.start(batch, "/late " + i, 1));
      boolean finalized = answers.get(0).status() == 200;
      long accepted = answers.stream().skip(1).filter(answer -> answer.status() == 200).count();
      JsonNode status = api.status(batch, "").json();
      assertEquals(finalized ? "enqueued" : "uploading", status.get("status").asText());
      assertEquals(20 + accepted, status.get("files").size());
      assertTrue(!finalized || accepted == 0, "finalized with a file that is not complete");
    }
  }

  @Test
  void incompleteFilesAreNamedUpToAHundred() {
    String batch = api.init(120);
    for (int i = 0; i < 120; i++) {
      api.start(batch, "/" + i, 1).expect(200);
    }
    Answer refused = api.finalizeBatch(batch).expect(400, "FILES_INCOMPLETE");
    assertEquals(100, refused.field("incomplete").size());
    assertEquals(100, refused.field("missing").size());
  }

  private static void assertStillUploading(String batch) {
    assertEquals("uploading", api.status(batch, "?summary=true").text("status"));
  }
}
