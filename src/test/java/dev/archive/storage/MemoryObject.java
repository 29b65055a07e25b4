package dev.archive.storage;

import java.io.EOFException;
import java.nio.ByteBuffer;

/** An object in memory that is open: it keeps its bytes, whatever becomes of its name. */
record MemoryObject(byte[] content) implements StoredObject {
  @Override
  public long size() {
    return content.length;
  }

  @Override
  public void read(ByteBuffer buffer, long position) throws EOFException {
    if (buffer.remaining() > content.length - position) {
      throw new EOFException("the object has " + content.length + " bytes");
    }
    buffer.put(content, (int) position, buffer.remaining());
  }

  @Override
  public void close() {
    // Nothing is open.
  }
}
