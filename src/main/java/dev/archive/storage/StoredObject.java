package dev.archive.storage;

import dev.archive.model.Sha256;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;

/** A published object that is open to be read, and stays readable when its name goes. */
public final class StoredObject implements Closeable {
  private static final int BUFFER = 1 << 16;

  private final FileChannel channel;
  private final long size;

  StoredObject(FileChannel channel, long size) {
    this.channel = channel;
    this.size = size;
  }

  /** Its size in bytes when it was opened. */
  public long size() {
    return size;
  }

  /**
   * Fills a buffer with the bytes from a position on.
   *
   * @throws EOFException where it has become shorter
   */
  public void read(ByteBuffer buffer, long position) throws IOException {
    long at = position;
    while (buffer.hasRemaining()) {
      int read = channel.read(buffer, at);
      if (read < 0) {
        throw new EOFException("a stored file has become shorter");
      }
      at += read;
    }
  }

  /** All its bytes, of an object that is known to be small. */
  public byte[] bytes() throws IOException {
    ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(size));
    read(all, 0);
    return all.array();
  }

  /** The SHA-256 of all its bytes. */
  public Sha256 digest() throws IOException {
    MessageDigest digest = Sha256.newDigest();
    ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(BUFFER, Math.max(1, size)));
    for (long at = 0; at < size; at += buffer.limit()) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), size - at));
      read(buffer, at);
      digest.update(buffer.flip());
    }
    return Sha256.of(digest);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
