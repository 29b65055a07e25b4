package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;

/** Parts of requests that are read as texts. */
public final class HeadersFuzz {
  private HeadersFuzz() {}

  /** A range lies within its file. */
  public static void range(String header, long size) {
    ByteRange range = ByteRange.parse(header, size);
    if (range != null && (range.from() < 0 || range.to() > size || range.length() < 0)) {
      throw new AssertionError(header + " of " + size + " is " + range);
    }
  }

  /**
   * Reads the path and query of an upload URL that carries a good signature.
   *
   * @throws ArchiveException where it is refused
   */
  public static void upload(Path root, String target) throws IOException {
    SigningKeys keys = new SigningKeys(root, () -> 0);
    Clock clock = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
    new UrlSigner(keys, clock, UrlSigner.LIFE).verify(UrlSigner.signed(keys.current(), target));
  }
}
