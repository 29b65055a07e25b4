package dev.archive.wire;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * The body of an answer, of which no more is let through than was allowed: what holds it in memory
 * says before each piece how large that may be.
 */
final class BoundedInputStream extends FilterInputStream {
  private long left;

  BoundedInputStream(InputStream in, long bytes) {
    super(in);
    this.left = bytes;
  }

  /** Lets so many bytes through from now on. */
  void allow(long bytes) {
    left = bytes;
  }

  /** How many bytes are still let through. */
  long left() {
    return left;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  /**
   * Reads some bytes.
   *
   * @throws ArchiveException {@link ErrorCode#BAD_ANSWER} where there are more than allowed
   */
  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    int read = in.read(bytes, offset, (int) Math.min(length, Math.max(1, left)));
    if (read > left) {
      throw new ArchiveException(ErrorCode.BAD_ANSWER, "its answer is too long");
    }
    left -= Math.max(0, read);
    return read;
  }

  @Override
  public long skip(long bytes) throws IOException {
    byte[] skipped = new byte[(int) Math.min(bytes, 4096)];
    return Math.max(0, read(skipped, 0, skipped.length));
  }
}
