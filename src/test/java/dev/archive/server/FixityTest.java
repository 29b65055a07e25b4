package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.archive.model.Sha256;
import dev.archive.server.ApiClient.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FixityTest {
  private static final byte[] RIGHT = "right".getBytes(UTF_8);
  private static final byte[] WRONG = "wrong".getBytes(UTF_8);
  private static final Sha256 DIGEST = Sha256.of(RIGHT);
  private static final int MIB = 1 << 20;

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
  void bytesThatDifferFromTheDigestOfStartAreRefusedAndCanBeSentAgain() {
    for (String[] digest :
        List.of(
            new String[] {"sha256", DIGEST.hex()},
            new String[] {"sha256", DIGEST.hex().toUpperCase(Locale.ROOT)},
            new String[] {"cid", DIGEST.cid()},
            new String[] {"cid", DIGEST.cid(), "sha256", DIGEST.hex()})) {
      String batch = api.init(1);
      String url = api.start(batch, "/a", 5, digest).expect(200).text("presigned_url");
      api.put(url, WRONG).expect(422, "FIXITY_MISMATCH");
      api.complete(batch, "/a").expect(409, "BYTES_MISSING");
      assertFileStatus(batch, "uploading");
      api.put(url, RIGHT).expect(200);
      assertEquals(DIGEST.hex(), api.complete(batch, "/a").expect(200).text("sha256"));
      assertFileStatus(batch, "completed");
    }
  }

  @Test
  void bytesThatDifferFromTheDigestOfCompleteAreRefusedAndCanBeSentAgain() throws IOException {
    for (Map.Entry<String, String> digest :
        Map.of("sha256", DIGEST.hex(), "cid", DIGEST.cid()).entrySet()) {
      String batch = api.init(1);
      String url = api.start(batch, "/a", 5).expect(200).text("presigned_url");
      api.put(url, WRONG).expect(200);
      long version = api.versionOf(batch);
      Answer refused =
          api.complete(batch, "/a", digest.getKey(), digest.getValue())
              .expect(422, "FIXITY_MISMATCH");
      assertEquals(DIGEST.hex(), refused.field("details").get("expected").asText());
      assertEquals(Sha256.of(WRONG).hex(), refused.field("details").get("actual").asText());
      assertEquals(version, api.versionOf(batch));
      assertFileStatus(batch, "uploading");
      api.put(url, RIGHT).expect(200);
      api.complete(batch, "/a", digest.getKey(), digest.getValue()).expect(200);
      assertArrayEquals(RIGHT, Files.readAllBytes(server.bag(batch).resolve("data/a")));
    }
  }

  @Test
  void completeWithAnotherDigestThanThatOfACompleteFileIsRefused() {
    String batch = api.init(1);
    api.add(batch, "/a", RIGHT);
    api.complete(batch, "/a", "sha256", Sha256.of(WRONG).hex()).expect(422, "FIXITY_MISMATCH");
    assertFileStatus(batch, "completed");
    api.complete(batch, "/a", "sha256", DIGEST.hex()).expect(200);
  }

  @Test
  void reprDigestOfThePutIsChecked() {
    String batch = api.init(1);
    String url = api.start(batch, "/a", 5).expect(200).text("presigned_url");
    api.put(url, WRONG, "Repr-Digest", DIGEST.digestField()).expect(422, "FIXITY_MISMATCH");
    api.complete(batch, "/a").expect(409, "BYTES_MISSING");
    api.put(url, RIGHT, "Repr-Digest", "sha-256=nonsense").expect(400, "INVALID_REQUEST");
    api.put(url, RIGHT, "Repr-Digest", "sha-512=:AAAA:, " + DIGEST.digestField()).expect(200);
    api.complete(batch, "/a").expect(200);
  }

  @Test
  void reprDigestOfAPartIsChecked() {
    byte[] content = new byte[5 * MIB];
    String batch = api.init(1);
    Answer start = api.start(batch, "/big", content.length).expect(200);
    String url = start.field("presigned_urls").get(0).get("url").asText();
    api.put(url, content, "Repr-Digest", DIGEST.digestField()).expect(422, "FIXITY_MISMATCH");
    api.complete(batch, "/big").expect(409, "BYTES_MISSING");
    api.put(url, content, "Repr-Digest", Sha256.of(content).digestField()).expect(200);
    api.complete(batch, "/big").expect(200);
  }

  @Test
  void multipartBytesThatDifferAreRefusedAndCanBeSentAgain() {
    byte[] content = new byte[5 * MIB];
    byte[] damaged = content.clone();
    damaged[content.length / 2] ^= 1;
    Sha256 digest = Sha256.of(content);
    for (boolean atStart : new boolean[] {true, false}) {
      String batch = api.init(1);
      Answer start =
          atStart
              ? api.start(batch, "/big", content.length, "sha256", digest.hex())
              : api.start(batch, "/big", content.length);
      String url = start.expect(200).field("presigned_urls").get(0).get("url").asText();
      api.put(url, damaged).expect(200);
      api.complete(batch, "/big", "sha256", digest.hex()).expect(422, "FIXITY_MISMATCH");
      assertFileStatus(batch, "uploading");
      assertFalse(Files.exists(server.bag(batch).resolve("data/big")));
      api.complete(batch, "/big").expect(409, "BYTES_MISSING");
      api.put(url, content).expect(200);
      api.complete(batch, "/big", "sha256", digest.hex()).expect(200);
    }
  }

  @Test
  void digestsThatContradictEachOtherOrAreNoneAreRefused() {
    String batch = api.init(1);
    api.start(batch, "/a", 5, "sha256", DIGEST.hex(), "cid", Sha256.of(WRONG).cid())
        .expect(400, "INVALID_REQUEST");
    for (String none : List.of("", "abc", "g".repeat(64), "0".repeat(63), "0".repeat(65))) {
      api.start(batch, "/a", 5, "sha256", none).expect(400, "INVALID_REQUEST");
    }
    String cid = DIGEST.cid();
    for (String none :
        List.of(
            "",
            "Qm" + cid,
            cid.toUpperCase(Locale.ROOT),
            cid.substring(1),
            cid + "a",
            "z" + cid.substring(1),
            "bafybei" + cid.substring(7))) {
      api.start(batch, "/a", 5, "cid", none).expect(400, "INVALID_REQUEST");
    }
    assertEquals(1, api.versionOf(batch));
  }

  @Test
  void completeWithoutBytesIsRefused() {
    String batch = api.init(1);
    api.start(batch, "/a", 5).expect(200);
    api.start(batch, "/empty", 0).expect(200);
    api.complete(batch, "/a").expect(409, "BYTES_MISSING");
    api.complete(batch, "/empty").expect(409, "BYTES_MISSING");
    assertFileStatus(batch, "uploading");
  }

  @Test
  void fileOfZeroBytesIsAFileLikeAnyOther() throws IOException {
    String batch = api.init(1);
    api.add(batch, "/empty", new byte[0]);
    Answer again = api.complete(batch, "/empty").expect(200);
    assertEquals(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", again.text("sha256"));
    assertEquals(
        "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
        api.status(batch, "").field("files").get(0).get("cid").asText());
    api.finalizeBatch(batch).expect(200);
    assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
  }

  private static void assertFileStatus(String batch, String expected) {
    assertEquals(expected, api.status(batch, "").field("files").get(0).get("status").asText());
  }
}
