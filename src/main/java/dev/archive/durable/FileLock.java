package dev.archive.durable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A lock of the operating system on a file: it ends with its process, however that ends. The file
 * itself stays.
 */
public final class FileLock implements AutoCloseable {
  private final FileChannel channel;

  private FileLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Takes the lock, or returns null where somebody else holds it. */
  public static FileLock tryLock(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return new FileLock(channel);
      }
    } catch (OverlappingFileLockException e) {
      // Held by this very process.
    }
    channel.close();
    return null;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
