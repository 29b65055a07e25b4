package dev.archive.storage;

import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import java.nio.ByteBuffer;

/** Counts the bytes of a body that must have an exact size. */
final class ExactSize {
  private final long size;
  private long arrived;

  /**
   * Begins to count.
   *
   * @param size in bytes
   */
  ExactSize(long size) {
    this.size = size;
  }

  /**
   * Counts bytes that arrived.
   *
   * @throws ArchiveException {@link ErrorCode#BODY_SIZE} where these are too many
   */
  void add(ByteBuffer bytes) {
    if (bytes.remaining() > size - arrived) {
      throw new ArchiveException(
          ErrorCode.BODY_SIZE, "the body has more than " + Count.of(size, "byte"));
    }
    arrived += bytes.remaining();
  }

  /**
   * Checks at the end that all bytes arrived.
   *
   * @throws ArchiveException {@link ErrorCode#BODY_SIZE} where some are missing
   */
  void requireAll() {
    if (arrived < size) {
      throw new ArchiveException(
          ErrorCode.BODY_SIZE,
          "the body ended after " + Count.number(arrived) + " of " + Count.of(size, "byte"));
    }
  }
}
