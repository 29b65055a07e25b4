package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient.Answer;
import dev.archive.wire.Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What happens to a file or its batch while half of a body is sent and received. Whatever the late
 * half is answered, the archive then holds what it has said that it holds, byte by byte.
 */
@Timeout(60)
class InsideARequestTest {
  private static final int SIZE = 600_000;
  private static final int LARGE = 6 << 20;

  @TempDir Path root;

  private final SettableClock clock = new SettableClock();
  private final byte[] first = bytes(1, SIZE);
  private final byte[] second = bytes(2, SIZE);
  private RunningServer server;
  private ApiClient api;
  private String batch;

  @BeforeEach
  void start() {
    server = RunningServer.on(root, clock);
    api = server.api();
    batch = api.init(1);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static byte[] bytes(long seed, int size) {
    byte[] bytes = new byte[size];
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }

  private HalfSent half(String url, byte[] body) throws IOException {
    return new HalfSent(server, root, batch, "PUT", url, body, body.length - 100_000);
  }

  private HalfSent halfBundle(byte[] tar) throws IOException {
    return new HalfSent(server, root, batch, "POST", bundleUrl(), tar, tar.length / 2);
  }

  private String bundleUrl() {
    return server.url() + "/api/batches/" + batch + "/files/bundle";
  }

  private Answer bundle(byte[] tar) {
    return api.send(
        "POST", bundleUrl(), BodyPublishers.ofByteArray(tar), "Content-Type", "application/x-tar");
  }

  /** Three files, of which the second is cut where half of the bundle is sent. */
  private static byte[] tar(byte[] a, byte[] b, byte[] c) throws IOException {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    try (Bundle.Writer writer = new Bundle.Writer(tar)) {
      add(writer, "/a", a);
      add(writer, "/b", b);
      add(writer, "/c", c);
    }
    return tar.toByteArray();
  }

  private static void add(Bundle.Writer writer, String path, byte[] content) throws IOException {
    writer.add(LogicalPath.parse(path), "x/y", Sha256.of(content), content, content.length);
  }

  private static byte[] small(int seed) {
    return bytes(seed, 200_000);
  }

  private String start(String path, int size) {
    return api.start(batch, path, size).expect(200).text("presigned_url");
  }

  private String startLarge(String path) {
    return partUrl(api.start(batch, path, LARGE).expect(200));
  }

  private static String partUrl(Answer start) {
    return start.field("presigned_urls").get(0).get("url").asText();
  }

  private Path object(String path) {
    return server.bag(batch).resolve("data" + path);
  }

  private void abort() {
    api.send("DELETE", server.url() + "/api/batches/" + batch, BodyPublishers.noBody()).expect(200);
  }

  private static void assertAnswer(int status, String code, String answer) {
    assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
    assertTrue(answer.contains(code), answer);
  }

  /** Complete says so, and what it says is what lies there and what finalize archives. */
  private void assertArchives(String path, byte[] content) throws IOException {
    assertEquals(
        Sha256.of(content).hex(), api.complete(batch, path).expect(200).text("sha256"), path);
    api.finalizeBatch(batch).expect(200);
    assertArrayEquals(content, Files.readAllBytes(object(path)), path);
    assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
  }

  private void assertNothingLeft() {
    assertFalse(Files.exists(server.bag(batch)), "bytes of a batch that was given up");
    assertFalse(Files.exists(root.resolve("staging").resolve(batch)), "staged bytes are left");
  }

  private void assertStatus(String status) {
    assertEquals(status, api.status(batch, "?summary=true").text("status"));
  }

  /** However often it is looked at: at first the server may still read what came. */
  private void assertDoesNotExpire() {
    for (int round = 0; round < 20; round++) {
      clock.advance(Duration.ofDays(400));
      server.housekeep();
      assertStatus("uploading");
    }
  }

  @Test
  void putOfAFileRegisteredAgainWithAnotherSizeIsRefused() throws IOException {
    String url = start("/a", SIZE);
    byte[] other = bytes(3, 10);
    try (HalfSent put = half(url, first)) {
      api.put(start("/a", other.length), other).expect(200);
      assertAnswer(409, "CONFLICT", put.rest());
    }
    assertArchives("/a", other);
  }

  @Test
  void putOfAFileRegisteredAgainWithAnotherDigestIsRefused() throws IOException {
    String url =
        api.start(batch, "/a", SIZE, "sha256", Sha256.of(first).hex()).text("presigned_url");
    try (HalfSent put = half(url, first)) {
      String now =
          api.start(batch, "/a", SIZE, "sha256", Sha256.of(second).hex()).text("presigned_url");
      api.put(now, second).expect(200);
      assertAnswer(409, "CONFLICT", put.rest());
      api.put(url, first).expect(409, "CONFLICT");
    }
    assertArchives("/a", second);
  }

  @Test
  void putOfBytesThatAreNotThoseOfADigestThatBecameKnownIsRefused() throws IOException {
    String url = start("/a", SIZE);
    try (HalfSent put = half(url, first)) {
      String now =
          api.start(batch, "/a", SIZE, "sha256", Sha256.of(second).hex()).text("presigned_url");
      api.put(now, second).expect(200);
      assertAnswer(422, "FIXITY_MISMATCH", put.rest());
    }
    assertArchives("/a", second);
  }

  @Test
  void putOfAFileThatBecameADirectoryOrALargeOneIsRefused() throws IOException {
    String url = start("/a", SIZE);
    byte[] large = bytes(4, LARGE);
    try (HalfSent put = half(url, first)) {
      String part = startLarge("/a");
      assertAnswer(409, "CONFLICT", put.rest());
      api.complete(batch, "/a").expect(409, "BYTES_MISSING");
      api.put(part, large).expect(200);
    }
    assertArchives("/a", large);
  }

  @Test
  void theLastOfTwoPutsThatEndsIsWhatIsHeldAndTold() throws IOException {
    String url = start("/a", SIZE);
    try (HalfSent put = half(url, first)) {
      api.put(url, second).expect(200);
      assertArrayEquals(second, Files.readAllBytes(object("/a")));
      assertAnswer(200, "", put.rest());
    }
    assertArchives("/a", first);
  }

  @Test
  void putOfAFileCompletedMeanwhileChangesNothing() throws IOException {
    String url = start("/a", SIZE);
    try (HalfSent other = half(url, first);
        HalfSent same = half(url, second)) {
      api.put(url, second).expect(200);
      api.complete(batch, "/a").expect(200);
      assertAnswer(409, "CONFLICT", other.rest());
      assertAnswer(200, "", same.rest());
      assertArrayEquals(second, Files.readAllBytes(object("/a")));
    }
    assertArchives("/a", second);
  }

  @Test
  void putIntoABatchFinalizedMeanwhileChangesNothing() throws IOException {
    String url = start("/a", SIZE);
    try (HalfSent put = half(url, first)) {
      api.put(url, second).expect(200);
      assertArchives("/a", second);
      assertAnswer(409, "CONFLICT", put.rest());
    }
    assertArchives("/a", second);
    assertFalse(Files.exists(root.resolve("staging").resolve(batch)), "staged bytes are left");
  }

  @Test
  void putIntoABatchGivenUpMeanwhileIsRefusedAndLeavesNothing() throws IOException {
    String url = start("/a", SIZE);
    try (HalfSent put = half(url, first)) {
      abort();
      assertAnswer(400, "NOT_UPLOADING", put.rest());
    }
    assertNothingLeft();
  }

  @Test
  void batchDoesNotExpireWhileABodyComesHoweverLong() throws IOException {
    String url = start("/a", SIZE);
    try (HalfSent put = half(url, first)) {
      assertDoesNotExpire();
      assertAnswer(200, "", put.rest());
      clock.advance(Duration.ofMinutes(1));
      server.housekeep();
      assertStatus("uploading");
    }
    assertArchives("/a", first);
  }

  @Test
  void batchWhoseBodyBrokeOffExpiresAndLeavesNothing() throws IOException {
    String url = start("/a", SIZE);
    half(url, first).close();
    awaitNothingArriving();
    api.complete(batch, "/a").expect(409, "BYTES_MISSING");
    clock.advance(Duration.ofDays(400));
    server.housekeep();
    assertStatus("expired");
    assertNothingLeft();
  }

  private void awaitNothingArriving() throws IOException {
    Path staging = root.resolve("staging").resolve(batch);
    for (int tries = 0; tries < 20_000; tries++) {
      try (var files = Files.list(staging)) {
        if (files.findAny().isEmpty()) {
          return;
        }
      }
      LockSupport.parkNanos(1_000_000);
    }
    throw new AssertionError("a body that broke off is left");
  }

  private void awaitObject(String path) {
    for (int tries = 0; tries < 20_000 && Files.notExists(object(path)); tries++) {
      LockSupport.parkNanos(1_000_000);
    }
    assertTrue(Files.exists(object(path)), path + " came before the bundle broke off");
  }

  @Test
  void partOfAFileRegisteredAgainIsRefused() throws IOException {
    byte[] small = bytes(5, 10);
    try (HalfSent part = half(startLarge("/a"), bytes(1, LARGE))) {
      api.put(start("/a", small.length), small).expect(200);
      assertAnswer(409, "CONFLICT", part.rest());
    }
    assertArchives("/a", small);
  }

  @Test
  void partSentAgainIsThatOfTheLastSender() throws IOException {
    String url = startLarge("/a");
    byte[] again = bytes(2, LARGE);
    try (HalfSent part = half(url, bytes(1, LARGE))) {
      api.put(url, again).expect(200);
      assertAnswer(409, "CONFLICT", part.rest());
    }
    assertArchives("/a", again);
  }

  @Test
  void partOfAFileCompletedMeanwhileChangesNothing() throws IOException {
    String url = startLarge("/a");
    byte[] again = bytes(2, LARGE);
    try (HalfSent part = half(url, bytes(1, LARGE))) {
      api.put(url, again).expect(200);
      assertArchives("/a", again);
      assertAnswer(409, "CONFLICT", part.rest());
    }
    assertArchives("/a", again);
  }

  @Test
  void partThatIsComingIsNotReceivedYet() throws IOException {
    String url = startLarge("/a");
    byte[] content = bytes(1, LARGE);
    try (HalfSent part = half(url, content)) {
      assertFalse(api.start(batch, "/a", LARGE).json().has("received"));
      api.complete(batch, "/a").expect(409, "BYTES_MISSING");
      assertAnswer(200, "", part.rest());
    }
    assertArchives("/a", content);
  }

  @Test
  void partThatWasReceivedAndIsComingAgainIsNotReceivedUntilItHasCome() throws IOException {
    String url = startLarge("/a");
    byte[] other = bytes(2, LARGE);
    api.put(url, bytes(1, LARGE)).expect(200);
    Path staging = root.resolve("staging").resolve(batch);
    String upload = api.start(batch, "/a", LARGE).text("upload_id");
    try (SlowPut part = new SlowPut(server, url, other)) {
      assertFalse(api.start(batch, "/a", LARGE).json().has("received"), "its bytes are changing");
      api.complete(batch, "/a").expect(409, "BYTES_MISSING");
      assertTrue(Files.exists(staging.resolve(upload + ".parts")));
      assertAnswer(200, "", part.finish());
    }
    assertArchives("/a", other);
  }

  @Test
  void partIntoABatchGivenUpMeanwhileIsRefusedAndLeavesNothing() throws IOException {
    try (HalfSent part = half(startLarge("/a"), bytes(1, LARGE))) {
      abort();
      assertAnswer(400, "NOT_UPLOADING", part.rest());
    }
    assertNothingLeft();
  }

  @Test
  void batchDoesNotExpireWhileAPartComes() throws IOException {
    byte[] content = bytes(1, LARGE);
    try (HalfSent part = half(startLarge("/a"), content)) {
      assertDoesNotExpire();
      assertAnswer(200, "", part.rest());
    }
    assertArchives("/a", content);
  }

  @Test
  void bundleIntoABatchGivenUpMeanwhileIsRefusedAndLeavesNothing() throws IOException {
    try (HalfSent tar = halfBundle(tar(small(1), small(2), small(3)))) {
      abort();
      assertAnswer(400, "NOT_UPLOADING", tar.rest());
    }
    assertNothingLeft();
  }

  @Test
  void batchDoesNotExpireWhileABundleComes() throws IOException {
    try (HalfSent tar = halfBundle(tar(small(1), small(2), small(3)))) {
      assertDoesNotExpire();
      assertAnswer(200, Sha256.of(small(3)).hex(), tar.rest());
    }
    assertArrayEquals(small(2), Files.readAllBytes(object("/b")));
  }

  @Test
  void bundleTakesAFileRegisteredMeanwhileWithoutBytes() throws IOException {
    try (HalfSent tar = halfBundle(tar(small(1), small(2), small(3)))) {
      String late = start("/b", 10);
      assertAnswer(200, Sha256.of(small(2)).hex(), tar.rest());
      api.put(late, bytes(9, 10)).expect(409, "CONFLICT");
    }
    assertArrayEquals(small(2), Files.readAllBytes(object("/b")));
  }

  @Test
  void bundleLeavesAFileCompletedMeanwhileAsItIsAndSaysSo() throws IOException {
    byte[] mine = bytes(9, 10);
    try (HalfSent tar = halfBundle(tar(small(1), small(2), small(3)))) {
      api.add(batch, "/b", mine);
      String answer = tar.rest();
      assertAnswer(200, "CONFLICT", answer);
      assertTrue(answer.contains(Sha256.of(small(1)).hex()), answer);
      assertTrue(answer.contains(Sha256.of(small(3)).hex()), answer);
      assertFalse(answer.contains(Sha256.of(small(2)).hex()), answer);
    }
    assertArrayEquals(small(1), Files.readAllBytes(object("/a")));
    assertArrayEquals(mine, Files.readAllBytes(object("/b")));
    assertArrayEquals(small(3), Files.readAllBytes(object("/c")));
  }

  @Test
  void bundleSentAgainMeanwhileMakesEachFileOnce() throws IOException {
    byte[] tar = tar(small(1), small(2), small(3));
    String one;
    try (HalfSent slow = halfBundle(tar)) {
      bundle(tar).expect(200);
      one = slow.rest();
    }
    assertAnswer(200, Sha256.of(small(2)).hex(), one);
    assertEquals(7, api.versionOf(batch), "each file was registered and completed once");
    for (int i = 1; i <= 3; i++) {
      assertArrayEquals(small(i), Files.readAllBytes(object("/" + "?abc".charAt(i))));
    }
  }

  @Test
  void bundleIntoABatchFinalizedMeanwhileChangesNothing() throws IOException {
    byte[] mine = bytes(9, 10);
    try (HalfSent tar = halfBundle(tar(small(1), small(2), small(3)))) {
      api.add(batch, "/b", mine);
      api.finalizeBatch(batch).expect(200);
      String answer = tar.rest();
      assertTrue(answer.contains("NOT_UPLOADING") || answer.contains("CONFLICT"), answer);
      assertFalse(answer.contains(Sha256.of(small(1)).hex()), answer);
    }
    assertArrayEquals(mine, Files.readAllBytes(object("/b")));
    assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
    assertFalse(Files.exists(object("/a")), "a file came after finalize");
  }

  @Test
  void filesOfABundleThatBrokeOffAreNotThere() throws IOException {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    try (Bundle.Writer writer = new Bundle.Writer(tar)) {
      for (int i = 0; i < 300; i++) {
        add(writer, "/" + i, small(i));
      }
    }
    byte[] body = tar.toByteArray();
    new HalfSent(server, root, batch, "POST", bundleUrl(), body, body.length - small(0).length)
        .close();
    awaitObject("/0");
    api.complete(batch, "/299").expect(404, "FILE_NOT_FOUND");
    assertFalse(Files.exists(object("/299")), "half a file has its name");
    bundle(tar(small(1), small(2), small(3))).expect(200);
    assertArrayEquals(small(2), Files.readAllBytes(object("/b")));
  }
}
