package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.storage.Incoming;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** A small body, held in memory. */
final class MemoryBody implements Incoming<byte[]> {
  private final int max;
  private final ByteArrayOutputStream held = new ByteArrayOutputStream();

  /**
   * Holds it.
   *
   * @param max the most bytes
   */
  MemoryBody(int max) {
    this.max = max;
  }

  @Override
  public void write(ByteBuffer bytes) {
    if (bytes.remaining() > max - held.size()) {
      throw tooLarge(max);
    }
    byte[] piece = new byte[bytes.remaining()];
    bytes.get(piece);
    held.writeBytes(piece);
  }

  static ArchiveException tooLarge(int max) {
    return new ArchiveException(
        ErrorCode.TOO_LARGE, "the body is larger than " + Count.of(max, "byte"));
  }

  @Override
  public byte[] finish() {
    return held.toByteArray();
  }

  @Override
  public void close() {
    // Memory needs no closing.
  }
}
