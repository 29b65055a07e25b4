package dev.archive.storage;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * A file that holds bytes for as long as their reader or writer is slower than what they are for.
 * Nothing of it needs to survive a power cut. Closing removes it.
 */
public final class Spool implements Closeable {
  /** How many bytes there must be room for at a time; no single write is larger. */
  private static final long ROOM_STEP = 1 << 20;

  private final Path file;
  private final FileChannel channel;
  private final LongConsumer room;
  private long written;
  private long checked;

  /**
   * A spool.
   *
   * @param file is removed on closing; null where it has no name any more
   * @param channel open for reading and writing
   * @param room refuses so many more bytes where they would fill the disk
   */
  Spool(Path file, FileChannel channel, LongConsumer room) {
    this.file = file;
    this.channel = channel;
    this.room = room;
  }

  /** How many bytes it holds. */
  public long size() {
    return written;
  }

  /** Adds bytes. */
  public void write(ByteBuffer bytes) {
    if (written + bytes.remaining() > checked) {
      room.accept(ROOM_STEP);
      checked = written + ROOM_STEP;
    }
    try {
      while (bytes.hasRemaining()) {
        written += channel.write(bytes, written);
      }
    } catch (IOException e) {
      throw StorageErrors.translate("spooling", e);
    }
  }

  /** Fills a buffer with what is held from a position on, until it is full or nothing is left. */
  public void read(ByteBuffer buffer, long position) throws IOException {
    long at = position;
    int read = 0;
    while (buffer.hasRemaining() && read >= 0) {
      read = channel.read(buffer, at);
      at += Math.max(0, read);
    }
  }

  /** Reads it from the beginning. */
  public InputStream input() throws IOException {
    channel.position(0);
    return Channels.newInputStream(channel);
  }

  @Override
  public void close() throws IOException {
    channel.close();
    if (file != null) {
      Files.deleteIfExists(file);
    }
  }
}
