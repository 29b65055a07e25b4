package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.storage.Incoming;
import java.nio.ByteBuffer;

/**
 * Takes the rest of a body that is refused: its sender reads no answer before it has sent
 * everything, and closing on it would lose the refusal.
 */
final class UnwantedBody implements Incoming<Void> {
  /** More than a part of a multipart upload, so that its refusal is heard. In bytes. */
  static final long MAX = 16 << 20;

  private long left = MAX;

  @Override
  public void write(ByteBuffer bytes) {
    left -= bytes.remaining();
    if (left < 0) {
      throw new ArchiveException(ErrorCode.TOO_LARGE, "too much of a body that nobody wants");
    }
  }

  @Override
  public Void finish() {
    return null;
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
