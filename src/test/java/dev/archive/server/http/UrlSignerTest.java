package dev.archive.server.http;

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
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UrlSignerTest {
  private static final BatchId BATCH = BatchId.create(0, new Random(1));
  private final SettableClock clock = new SettableClock();
  private final UrlSigner signer = new UrlSigner(new byte[32], clock);

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

  @Test
  void urlOfAnotherKeyIsForbidden() {
    byte[] other = new byte[32];
    other[31] = 1;
    String url =
        new UrlSigner(other, clock)
            .sign(new Grant(BATCH, LogicalPath.parse("/a"), null, 0, 5, null));
    ArchiveException refused = assertThrows(ArchiveException.class, () -> signer.verify(url));
    assertEquals(ErrorCode.FORBIDDEN, refused.code());
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
  void keyIsMadeOnceAndOneOfTheWrongSizeIsRefused(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("signing.key");
    String url =
        UrlSigner.withKeyIn(file, clock)
            .sign(new Grant(BATCH, LogicalPath.parse("/a"), null, 0, 5, null));
    UrlSigner.withKeyIn(file, clock).verify(url);
    assertEquals(32, Files.size(file));
    Files.write(file, new byte[31]);
    ArchiveException refused =
        assertThrows(ArchiveException.class, () -> UrlSigner.withKeyIn(file, clock));
    assertEquals(ErrorCode.USAGE, refused.code());
  }
}
