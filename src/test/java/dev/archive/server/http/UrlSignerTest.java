package dev.archive.server.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.server.NamesTest;
import dev.archive.server.SettableClock;
import dev.archive.server.ingest.Grant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UrlSignerTest {
  private static final BatchId BATCH = BatchId.create(0, new Random(1));
  private final SettableClock clock = new SettableClock();
  @TempDir Path root;
  private UrlSigner signer;

  @BeforeEach
  void makeKey() throws IOException {
    signer = signerIn(root);
  }

  private UrlSigner signerIn(Path directory) throws IOException {
    return new UrlSigner(new SigningKeys(directory, clock::nanos), clock, UrlSigner.LIFE);
  }

  @Test
  void grantIsReadBackFromItsUrl() {
    Sha256 digest = Sha256.of(new byte[0]);
    for (String name : NamesTest.names()) {
      LogicalPath path = LogicalPath.parse(name);
      for (Grant grant :
          List.of(
              new Grant(BATCH, path, null, 0, 0, null),
              new Grant(BATCH, path, null, 0, 5, digest),
              new Grant(BATCH, path, "01K", 7, Long.MAX_VALUE, null))) {
        String url = signer.sign(grant);
        assertTrue(url.matches("/upload/[A-Za-z0-9/?&=_-]+"), url);
        assertEquals(grant, signer.verify(url));
      }
    }
  }

  private static Grant grant() {
    return new Grant(BATCH, LogicalPath.parse("/a"), null, 0, 5, null);
  }

  private void assertForbidden(String url) {
    ArchiveException refused = assertThrows(ArchiveException.class, () -> signer.verify(url));
    assertEquals(ErrorCode.FORBIDDEN, refused.code());
  }

  @Test
  void urlOfAnotherKeyIsForbidden(@TempDir Path other) throws IOException {
    assertForbidden(signerIn(other).sign(grant()));
  }

  @Test
  void urlsOfTheKeyBeforeStayGoodAndThoseOfOlderOnesDoNot() throws IOException {
    String first = signer.sign(grant());
    String id = SigningKeys.rotate(root);
    // Within a second, with the key before: good for those who know of the new one and who do not.
    String early = signer.sign(grant());
    UrlSigner elsewhere = signerIn(root);
    elsewhere.verify(early);
    signer.verify(early);
    clock.advance(java.time.Duration.ofSeconds(1));
    String second = signer.sign(grant());
    assertTrue(second.contains("&key=" + id + "&"), second);
    signer.verify(first);
    signer.verify(second);
    SigningKeys.rotate(root);
    clock.advance(java.time.Duration.ofSeconds(1));
    assertForbidden(first);
    signer.verify(second);
    for (String name : new String[] {"signing.key", "signing.key.previous"}) {
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve(name))));
    }
  }

  /** As builds signed it that named no key: URLs outlive an upgrade. */
  @Test
  void urlWithoutAKeyIsThatOfAnEarlierBuild() throws Exception {
    String target = signer.sign(grant()).replaceFirst("&key=.*", "");
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(Files.readAllBytes(root.resolve("signing.key")), "HmacSHA256"));
    String signature =
        HexFormat.of().formatHex(mac.doFinal(("v1\nPUT\n" + target).getBytes(US_ASCII)));
    assertEquals(grant(), signer.verify(target + "&signature=" + signature));
    assertForbidden(target + "&key=00000000&signature=" + signature);
  }

  @Test
  void everyCharacterCounts() {
    String url = signer.sign(grant());
    for (int i = 0; i < url.length(); i++) {
      char other = url.charAt(i) == 'a' ? 'b' : 'a';
      assertForbidden(url.substring(0, i) + other + url.substring(i + 1));
    }
  }

  @Test
  void urlLivesUntilItsVeryLastSecond() {
    String url = signer.sign(new Grant(BATCH, LogicalPath.parse("/a"), null, 0, 5, null));
    clock.advance(UrlSigner.LIFE.minusMillis(1));
    signer.verify(url);
    clock.advance(java.time.Duration.ofMillis(1));
    ArchiveException refused = assertThrows(ArchiveException.class, () -> signer.verify(url));
    assertEquals(ErrorCode.URL_EXPIRED, refused.code());
  }

  @Test
  void keyIsMadeOnceAndOneOfTheWrongSizeIsRefused() throws IOException {
    signerIn(root).verify(signer.sign(grant()));
    Path file = root.resolve("signing.key");
    assertEquals(32, Files.size(file));
    Files.write(file, new byte[31]);
    ArchiveException refused = assertThrows(ArchiveException.class, () -> signerIn(root));
    assertEquals(ErrorCode.USAGE, refused.code());
  }
}
