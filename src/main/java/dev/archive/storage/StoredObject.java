package dev.archive.storage;

import dev.archive.model.Sha256;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/**
 * A published object, or a tag file, that is open to be read. It gives the bytes that it had when
 * it was opened, or it fails: never those of another object that took its name. For one thread at a
 * time.
 */
public interface StoredObject extends Closeable {
  /** Its size in bytes when it was opened. */
  long size();

  /**
   * Fills a buffer with the bytes from a position on, all that the buffer has room for.
   *
   * @param position in bytes from the beginning, 0 or more
   * @throws EOFException where it ends before the buffer is full
   * @throws IOException where its bytes cannot be read
   */
  void read(ByteBuffer buffer, long position) throws IOException;

  /** All its bytes, of an object that is known to be small. */
  default byte[] bytes() throws IOException {
    ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(size()));
    read(all, 0);
    return all.array();
  }

  /** The SHA-256 of all its bytes. */
  default Sha256 digest() throws IOException {
    long size = size();
    MessageDigest digest = Sha256.newDigest();
    ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(1 << 16, Math.max(1, size)));
    for (long at = 0; at < size; at += buffer.limit()) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), size - at));
      read(buffer, at);
      digest.update(buffer.flip());
    }
    return Sha256.of(digest);
  }
}
