package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.server.ApiClient.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Batches that nobody comes back to, and what else lies about. */
class ExpiryTest {
  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private static final Duration DAY = Duration.ofHours(24);
  private static final Duration LITTLE = Duration.ofMinutes(2);
  private static final int MIB = 1 << 20;

  @TempDir Path root;
  private final SettableClock clock = new SettableClock();
  private RunningServer server;
  private ApiClient api;

  @BeforeEach
  void start() {
    server = RunningServer.on(root, clock);
    api = server.api();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void abandonedBatchExpiresWithItsBytes() {
    String batch = api.init(2);
    api.add(batch, "/a", HELLO);
    api.put(parts(api.start(batch, "/b", 6 * MIB)), new byte[6 * MIB]).expect(200);
    long version = api.versionOf(batch);
    clock.advance(DAY.minusSeconds(1));
    server.housekeep();
    assertEquals("uploading", status(batch));
    clock.advance(Duration.ofSeconds(1));
    server.housekeep();
    assertEquals("expired", status(batch));
    assertEquals(version + 1, api.versionOf(batch));
    assertNothingLeft(batch);
    api.complete(batch, "/b")
        .expect(400, "NOT_UPLOADING", "Batch status is expired, expected uploading");
    server.housekeep();
    assertEquals(version + 1, api.versionOf(batch));
  }

  @Test
  void finalizedBatchNeverExpires() throws IOException {
    String batch = api.init(1);
    api.add(batch, "/a", HELLO);
    assertEquals(
        clock.instant().plus(DAY), Instant.parse(api.status(batch, "").text("expires_at")));
    api.finalizeBatch(batch).expect(200);
    assertFalse(api.status(batch, "?summary=true").json().has("expires_at"));
    clock.advance(DAY.multipliedBy(1000));
    server.housekeep();
    assertEquals("enqueued", status(batch));
    assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
  }

  @Test
  void everyCallThatUploadsPutsTheEndOff() {
    String batch = api.init(3);
    String[] url = new String[1];
    List<Runnable> calls =
        List.of(
            () -> url[0] = api.start(batch, "/a", 5).expect(200).text("presigned_url"),
            () -> api.put(url[0], HELLO).expect(200),
            () -> api.complete(batch, "/a").expect(200),
            () -> api.complete(batch, "/a").expect(200),
            () -> api.finalizeBatch(batch).expect(409));
    for (Runnable call : calls) {
      clock.advance(DAY.minus(LITTLE));
      call.run();
      assertEquals(
          clock.instant().plus(DAY),
          Instant.parse(api.status(batch, "?summary=true").text("expires_at")));
      server.housekeep();
    }
    api.status(batch, "").expect(200);
    clock.advance(DAY);
    server.housekeep();
    assertEquals("expired", status(batch), "to look at it is no activity");
  }

  @Test
  void putUnderWayKeepsItsBatch() throws IOException {
    String batch = api.init(1);
    Answer a = api.start(batch, "/a", 5).expect(200);
    try (SlowPut put = new SlowPut(server, a.text("presigned_url"), HELLO)) {
      clock.advance(DAY.multipliedBy(2));
      server.housekeep();
      assertEquals("uploading", status(batch));
      assertTrue(put.finish().startsWith("HTTP/1.1 200 "));
    }
    api.complete(batch, "/a").expect(200);
    api.finalizeBatch(batch).expect(200);
  }

  @Test
  void bytesOfEndedBatchesAreSwept() throws IOException {
    String batch = api.init(1);
    clock.advance(DAY);
    server.housekeep();
    Path data = server.bag(batch).resolve("data");
    Files.createDirectories(data);
    Files.write(data.resolve("late"), HELLO);
    Path staging = Files.createDirectories(root.resolve("staging").resolve(batch));
    Files.write(staging.resolve("x.parts"), HELLO);
    server.housekeep();
    assertNothingLeft(batch);
  }

  @Test
  void stagingOfFinalizedAndUnknownBatchesIsSweptAndOfOthersKept() throws IOException {
    String open = api.init(1);
    api.put(parts(api.start(open, "/b", 6 * MIB)), new byte[6 * MIB]).expect(200);
    String done = api.init(1);
    api.add(done, "/a", HELLO);
    api.finalizeBatch(done).expect(200);
    String unknown = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    for (String each : List.of(done, unknown, "not-ours")) {
      Path staging = Files.createDirectories(root.resolve("staging").resolve(each));
      Files.write(staging.resolve("x.parts"), HELLO);
    }
    server.housekeep();
    assertTrue(Files.exists(root.resolve("staging").resolve(open)));
    assertTrue(Files.notExists(root.resolve("staging").resolve(done)));
    assertTrue(Files.notExists(root.resolve("staging").resolve(unknown)));
    assertTrue(Files.exists(root.resolve("staging").resolve("not-ours")));
    assertEquals(List.of(), BagCheck.problems(server.bag(done)));
  }

  @Test
  void unknownDirectoriesAreSweptUnlessTheyAreBags() throws IOException {
    String done = api.init(1);
    api.add(done, "/a", HELLO);
    api.finalizeBatch(done).expect(200);
    String bag = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    Files.move(server.bag(done), server.bag(bag));
    String rest = "01ARZ3NDEKTSV4RRFFQ69G5FAW";
    Files.createDirectories(server.bag(rest).resolve("data"));
    Path other = Files.createDirectories(root.resolve("batches").resolve("lost+found"));
    server.housekeep();
    assertEquals(List.of(), BagCheck.problems(server.bag(bag)));
    assertTrue(Files.notExists(server.bag(rest)));
    assertTrue(Files.exists(other));
  }

  @Test
  void batchWhoseServerDiedBetweenBagAndRecordExpires() throws IOException {
    String batch = api.init(1);
    api.add(batch, "/a", HELLO);
    Files.createDirectories(root.resolve("staging").resolve(batch));
    Files.createFile(root.resolve("staging").resolve(batch).resolve("closing"));
    Files.writeString(server.bag(batch).resolve("tagmanifest-sha256.txt"), "written last");
    server.close();
    start();
    clock.advance(DAY);
    server.housekeep();
    assertEquals("expired", status(batch));
    assertNothingLeft(batch);
  }

  @Test
  void bagThatAnOldLedgerCallsUploadingIsKept() throws IOException {
    String batch = api.init(1);
    api.add(batch, "/a", HELLO);
    Files.writeString(server.bag(batch).resolve("tagmanifest-sha256.txt"), "of a later ledger");
    clock.advance(DAY);
    server.housekeep();
    assertEquals("uploading", status(batch));
    assertTrue(Files.exists(server.bag(batch).resolve("data/a")));
  }

  @Test
  void refusedFinalizeDoesNotKeepABatchFromExpiring() {
    String batch = api.init(1);
    api.add(batch, "/a", HELLO);
    api.finalizeExpecting(batch, Map.of("bytes", 6)).expect(409, "CONTRACT_MISMATCH");
    clock.advance(DAY);
    server.housekeep();
    assertEquals("expired", status(batch));
    assertNothingLeft(batch);
  }

  private String status(String batch) {
    return api.status(batch, "?summary=true").text("status");
  }

  private static String parts(Answer start) {
    return start.expect(200).field("presigned_urls").get(0).get("url").asText();
  }

  private void assertNothingLeft(String batch) {
    assertTrue(Files.notExists(server.bag(batch)), "the bag is gone");
    assertTrue(Files.notExists(root.resolve("staging").resolve(batch)), "staging is gone");
  }
}
