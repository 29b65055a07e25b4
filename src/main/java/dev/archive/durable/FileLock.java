package dev.archive.durable;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/**
 * A lock of the operating system on a file, exclusive or shared: it ends with its process, however
 * that ends. The file itself stays.
 *
 * <p>The system knows a process as one holder, and lets go of all that it holds of a file when any
 * of its channels to that file is closed. So there is one channel a file here, and holders within
 * the process are counted.
 */
public final class FileLock implements AutoCloseable {
  private static final Map<Path, Holding> HELD = new HashMap<>();

  private static final class Holding {
    private final FileChannel channel;
    private final boolean shared;
    private int holders = 1;

    private Holding(FileChannel channel, boolean shared) {
      this.channel = channel;
      this.shared = shared;
    }
  }

  private final Path file;
  private final Holding holding;
  private boolean closed;

  private FileLock(Path file, Holding holding) {
    this.file = file;
    this.holding = holding;
  }

  /** Takes the lock alone, or returns null where anybody else holds it. */
  public static FileLock tryLock(Path file) throws IOException {
    return lock(file, false, false);
  }

  /** Takes the lock with others, or returns null where somebody holds it alone. */
  public static FileLock tryShared(Path file) throws IOException {
    return lock(file, true, false);
  }

  /** Takes the lock with others, as soon as nobody holds it alone. */
  public static FileLock awaitShared(Path file) throws IOException {
    return lock(file, true, true);
  }

  private static FileLock lock(Path file, boolean shared, boolean wait) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    Path real = directory.toRealPath().resolve(file.getFileName());
    synchronized (HELD) {
      Holding held = HELD.get(real);
      while (wait && held != null && !held.shared) {
        try {
          HELD.wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new InterruptedIOException("interrupted while waiting for a lock");
        }
        held = HELD.get(real);
      }
      if (held != null) {
        if (!shared || !held.shared) {
          return null;
        }
        held.holders++;
        return new FileLock(real, held);
      }
      held = lockHere(real, shared, wait);
      if (held == null) {
        return null;
      }
      HELD.put(real, held);
      return new FileLock(real, held);
    }
  }

  private static Holding lockHere(Path file, boolean shared, boolean wait) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    boolean locked = false;
    try {
      locked =
          (wait
                  ? channel.lock(0, Long.MAX_VALUE, shared)
                  : channel.tryLock(0, Long.MAX_VALUE, shared))
              != null;
    } catch (OverlappingFileLockException e) {
      // Held by this very process, by other means than these.
    } finally {
      if (!locked) {
        channel.close();
      }
    }
    return locked ? new Holding(channel, shared) : null;
  }

  @Override
  public void close() {
    synchronized (HELD) {
      if (closed) {
        return;
      }
      closed = true;
      holding.holders--;
      if (holding.holders > 0) {
        return;
      }
      HELD.remove(file);
      HELD.notifyAll();
      try {
        holding.channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
