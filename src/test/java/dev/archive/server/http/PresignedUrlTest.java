package dev.archive.server.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.Sha256;
import dev.archive.server.AllAtOnce;
import dev.archive.server.ApiClient;
import dev.archive.server.ApiClient.Answer;
import dev.archive.server.BagCheck;
import dev.archive.server.RunningServer;
import dev.archive.server.SettableClock;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PresignedUrlTest {
  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private static final byte[] OTHER = "other".getBytes(UTF_8);
  private static final int MIB = 1 << 20;
  private static final SettableClock CLOCK = new SettableClock();

  @TempDir static Path root;
  private static RunningServer server;
  private static ApiClient api;

  @BeforeAll
  static void start() {
    server = RunningServer.on(root, CLOCK);
    api = server.api();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void urlWithAnyCharacterChangedIsForbidden() {
    String batch = api.init(1);
    String url = api.start(batch, "/a", 5, "sha256", Sha256.of(HELLO).hex()).text("presigned_url");
    int from = url.indexOf("/upload/") + "/upload/".length();
    for (int i = from; i < url.length(); i++) {
      char other = url.charAt(i) == '1' ? '2' : '1';
      String forged = url.substring(0, i) + other + url.substring(i + 1);
      api.put(forged, HELLO).expect(403, "FORBIDDEN");
    }
    assertNothingArrived(batch);
    api.put(url, HELLO).expect(200);
  }

  @Test
  void urlCutAnywhereIsForbidden() {
    String batch = api.init(1);
    String url = api.start(batch, "/a", 5).text("presigned_url");
    for (int i = url.indexOf("/upload/") + "/upload/".length(); i < url.length(); i++) {
      api.put(url.substring(0, i), HELLO).expect(403, "FORBIDDEN");
    }
    assertNothingArrived(batch);
  }

  @Test
  void urlWithParametersMissingDoubledReorderedOrAddedIsForbidden() {
    String batch = api.init(1);
    for (String url :
        List.of(
            api.start(batch, "/a", 5, "sha256", Sha256.of(HELLO).hex()).text("presigned_url"),
            api.start(batch, "/big", 5 * MIB).field("presigned_urls").get(0).get("url").asText())) {
      int mark = url.indexOf('?');
      String path = url.substring(0, mark + 1);
      List<String> query = Arrays.asList(url.substring(mark + 1).split("&"));
      assertTrue(query.size() >= 4);
      List<List<String>> forgeries = new ArrayList<>();
      for (int i = 0; i < query.size(); i++) {
        List<String> missing = new ArrayList<>(query);
        missing.remove(i);
        forgeries.add(missing);
        List<String> doubled = new ArrayList<>(query);
        doubled.add(i, query.get(i));
        forgeries.add(doubled);
        List<String> atTheEnd = new ArrayList<>(query);
        atTheEnd.add(query.get(i));
        forgeries.add(atTheEnd);
        List<String> empty = new ArrayList<>(query);
        empty.set(i, query.get(i).replaceAll("=.*", "="));
        forgeries.add(empty);
        List<String> upper = new ArrayList<>(query);
        upper.set(i, query.get(i).replaceFirst("^[a-z]", "X"));
        forgeries.add(upper);
        for (int j = 0; j < i; j++) {
          List<String> swapped = new ArrayList<>(query);
          swapped.set(i, query.get(j));
          swapped.set(j, query.get(i));
          forgeries.add(swapped);
        }
      }
      List<String> added = new ArrayList<>(query);
      added.add(0, "x=y");
      forgeries.add(added);
      for (List<String> forged : forgeries) {
        api.put(path + String.join("&", forged), HELLO).expect(403, "FORBIDDEN");
      }
    }
    assertNothingArrived(batch);
  }

  @Test
  void urlOfOneFileOrBatchOrPartIsNotGoodForAnother() {
    String batch = api.init(2);
    String other = api.init(1);
    String a = api.start(batch, "/a", 5).text("presigned_url");
    String b = api.start(batch, "/b", 5).text("presigned_url");
    api.start(other, "/a", 5).expect(200);
    api.put(a.substring(0, a.indexOf('?')) + b.substring(b.indexOf('?')), HELLO)
        .expect(403, "FORBIDDEN");
    api.put(a.replace(batch, other), HELLO).expect(403, "FORBIDDEN");
    Answer big = api.start(batch, "/big", 11 * MIB);
    String part = big.field("presigned_urls").get(0).get("url").asText();
    api.put(part.replace("&part=1&", "&part=2&"), HELLO).expect(403, "FORBIDDEN");
    assertNothingArrived(batch);
    assertNothingArrived(other);
  }

  @Test
  void urlWrittenInAnotherWayIsForbidden() {
    String batch = api.init(1);
    String url = api.start(batch, "/a", 5).text("presigned_url");
    for (String same :
        List.of(
            url.replace("size=5", "size=05"),
            url.replace("size=5", "size=%35"),
            url.replace("size=5", "size=+5"),
            url.replace("&expires", "&&expires"),
            url.replace("?", "?&"),
            url.replace("?", "=?"),
            url + "&",
            url + "=",
            url + "%20",
            url.replace(batch, batch.toLowerCase(java.util.Locale.ROOT)),
            url.replace("signature=", "signature=0"))) {
      api.put(same, HELLO).expect(403, "FORBIDDEN");
    }
    assertNothingArrived(batch);
  }

  @Test
  void onlyPutIsAllowed() {
    String batch = api.init(1);
    String url = api.start(batch, "/a", 5).text("presigned_url");
    for (String method : List.of("GET", "POST", "DELETE", "PATCH", "OPTIONS")) {
      Answer refused =
          api.send(method, url, BodyPublishers.noBody()).expect(405, "METHOD_NOT_ALLOWED");
      assertEquals("PUT", refused.headers().firstValue("Allow").orElseThrow());
    }
    assertEquals(405, api.send("HEAD", url, BodyPublishers.noBody()).status());
    assertNothingArrived(batch);
  }

  @Test
  void refusalReachesASenderThatIsStillSending() {
    String batch = api.init(1);
    String url = api.start(batch, "/a", 5).text("presigned_url");
    byte[] large = new byte[10 * MIB];
    for (int i = 0; i < 6; i++) {
      api.put(url + "x", large).expect(403, "FORBIDDEN");
      api.put(url, large).expect(413, "TOO_LARGE");
    }
    assertNothingArrived(batch);
  }

  @Test
  void urlExpiresAfterADayAndStartRenewsIt() {
    String batch = api.init(1);
    String url = api.start(batch, "/a", 5).text("presigned_url");
    CLOCK.advance(Duration.ofHours(24).minusSeconds(1));
    api.put(url, HELLO).expect(200);
    CLOCK.advance(Duration.ofSeconds(1));
    api.put(url, HELLO).expect(403, "URL_EXPIRED");
    String later = url.replaceAll("expires=(\\d+)", "expires=99999999999");
    api.put(later, HELLO).expect(403, "FORBIDDEN");
    String fresh = api.start(batch, "/a", 5).expect(200).text("presigned_url");
    api.put(fresh, HELLO).expect(200);
    api.complete(batch, "/a").expect(200);
  }

  @Test
  void bodyTooLongOrTooShortIsRefusedAndNothingIsKept() throws IOException {
    String batch = api.init(1);
    String url = api.start(batch, "/a", 5).text("presigned_url");
    api.put(url, "longer".getBytes(UTF_8)).expect(413, "TOO_LARGE");
    api.put(url, "less".getBytes(UTF_8)).expect(400, "BODY_SIZE");
    api.put(url, new byte[0]).expect(400, "BODY_SIZE");
    // Without a length it would show only at the end.
    for (String body : List.of("longer", "less", "", "hello")) {
      api.send("PUT", url, stream(body)).expect(400, "BODY_SIZE");
    }
    assertNothingArrived(batch);
    assertFalse(Files.exists(root.resolve("staging").resolve(batch)), "refused before the disk");
    api.put(url, HELLO).expect(200);
    api.complete(batch, "/a").expect(200);
  }

  @Test
  void sameBytesAfterCompleteAreFineAndOthersAreAConflictAndNothingIsWritten() throws IOException {
    String batch = api.init(1);
    String url = api.start(batch, "/a", 5).text("presigned_url");
    String etag = api.put(url, HELLO).expect(200).etag();
    api.complete(batch, "/a").expect(200);
    Path object = server.bag(batch).resolve("data/a");
    Object before = Files.readAttributes(object, "unix:ino,ctime");
    assertReplay(batch, url, etag);
    api.finalizeBatch(batch).expect(200);
    assertReplay(batch, url, etag);
    assertEquals(before, Files.readAttributes(object, "unix:ino,ctime"));
    assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
    assertFalse(Files.exists(root.resolve("staging").resolve(batch)));
  }

  private static void assertReplay(String batch, String url, String etag) throws IOException {
    long version = api.versionOf(batch);
    assertEquals(etag, api.put(url, HELLO).expect(200).etag());
    api.put(url, OTHER).expect(409, "CONFLICT");
    api.put(url, "longer".getBytes(UTF_8)).expect(413, "TOO_LARGE");
    api.send("PUT", url, stream("less")).expect(400, "BODY_SIZE");
    assertEquals(version, api.versionOf(batch));
    assertArrayEquals(HELLO, Files.readAllBytes(server.bag(batch).resolve("data/a")));
  }

  @Test
  void partSentAfterCompleteIsComparedAndNeverWritten() throws IOException {
    String batch = api.init(1);
    byte[] content = new byte[5 * MIB];
    Arrays.fill(content, (byte) 7);
    String url =
        api.start(batch, "/big", content.length).field("presigned_urls").get(0).get("url").asText();
    String etag = api.put(url, content).expect(200).etag();
    api.complete(batch, "/big").expect(200);
    assertEquals(etag, api.put(url, content).expect(200).etag());
    byte[] other = content.clone();
    other[0] = 8;
    api.put(url, other).expect(409, "CONFLICT");
    api.finalizeBatch(batch).expect(200);
    api.put(url, other).expect(409, "CONFLICT");
    assertArrayEquals(content, Files.readAllBytes(server.bag(batch).resolve("data/big")));
    assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
  }

  @Test
  void overlappingPutsOfOneFileLeaveOneOfThemWhole() throws Exception {
    for (int round = 0; round < 10; round++) {
      String batch = api.init(1);
      String url = api.start(batch, "/a", 5).text("presigned_url");
      AllAtOnce.run(6, i -> api.put(url, i % 2 == 0 ? HELLO : OTHER).status());
      String digest = api.complete(batch, "/a").expect(200).text("sha256");
      byte[] stored = Files.readAllBytes(server.bag(batch).resolve("data/a"));
      assertEquals(digest, Sha256.of(stored).hex());
      api.finalizeBatch(batch).expect(200);
      assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
    }
  }

  @Test
  void putsThatRaceCompleteNeverChangeWhatItProved() throws Exception {
    for (int round = 0; round < 10; round++) {
      String batch = api.init(1);
      String url = api.start(batch, "/a", 5).text("presigned_url");
      api.put(url, HELLO).expect(200);
      AllAtOnce.run(
          6,
          i ->
              i == 0
                  ? api.complete(batch, "/a").expect(200).status()
                  : api.put(url, OTHER).status());
      String recorded = api.complete(batch, "/a").expect(200).text("sha256");
      byte[] stored = Files.readAllBytes(server.bag(batch).resolve("data/a"));
      assertEquals(recorded, Sha256.of(stored).hex());
    }
  }

  @Test
  void partsThatRaceCompleteNeverChangeWhatItProved() throws Exception {
    byte[] content = new byte[5 * MIB];
    byte[] other = content.clone();
    Arrays.fill(other, (byte) 1);
    for (int round = 0; round < 8; round++) {
      String batch = api.init(1);
      Answer start = api.start(batch, "/big", content.length);
      String url = start.field("presigned_urls").get(0).get("url").asText();
      api.put(url, content).expect(200);
      AllAtOnce.run(
          4, i -> i == 0 ? api.complete(batch, "/big").status() : api.put(url, other).status());
      if (api.complete(batch, "/big").status() != 200) {
        // All of them stopped each other: the part is missing, and said to be.
        api.put(url, content).expect(200);
        api.complete(batch, "/big").expect(200);
      }
      String recorded = api.complete(batch, "/big").expect(200).text("sha256");
      byte[] stored = Files.readAllBytes(server.bag(batch).resolve("data/big"));
      assertEquals(recorded, Sha256.of(stored).hex());
    }
  }

  private static java.net.http.HttpRequest.BodyPublisher stream(String text) {
    return BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(text.getBytes(UTF_8)));
  }

  private static void assertNothingArrived(String batch) {
    api.status(batch, "")
        .field("files")
        .forEach(file -> assertEquals("uploading", file.get("status").asText()));
    assertFalse(Files.exists(server.bag(batch).resolve("data")));
  }
}
