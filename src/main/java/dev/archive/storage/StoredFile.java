package dev.archive.storage;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** A published object as a file that is open. It stays readable when its name goes. */
final class StoredFile implements StoredObject {
  private final FileChannel channel;
  private final long size;

  StoredFile(FileChannel channel, long size) {
    this.channel = channel;
    this.size = size;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
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

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
