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
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A lock of the operating system on a file, exclusive or shared: it ends with its process, however
 * that ends. The file itself stays.
 *
 * <p>The system knows a process as one holder, and lets go of all that it holds of a file when any
 * of its channels to that file is closed. So there is one channel a file here, and holders within
 * the process are counted. The monitor of {@link #HELD} guards the map and what it holds; nobody
 * waits for the system inside it, so that who waits for one file keeps nobody from another.
 */
public final class FileLock implements AutoCloseable {
  private static final Map<Path, Holding> HELD = new HashMap<>();

  /** One file's lock, from when this process asks the system for it. */
  private static final class Holding {
    private final boolean shared;

    /** Whether it is asked for by one who waits as long as it takes. */
    private final boolean awaited;

    /** Null until the system has given the lock. */
    private @Nullable FileChannel channel;

    private int holders = 1;

    private Holding(boolean shared, boolean awaited) {
      this.shared = shared;
      this.awaited = awaited;
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
  public static @Nullable FileLock tryLock(Path file) throws IOException {
    return lock(file, false, false);
  }

  /** Takes the lock with others, or returns null where somebody holds it alone. */
  public static @Nullable FileLock tryShared(Path file) throws IOException {
    return lock(file, true, false);
  }

  /** Takes the lock with others, as soon as nobody holds it alone. */
  public static FileLock awaitShared(Path file) throws IOException {
    FileLock lock = lock(file, true, true);
    if (lock == null) {
      throw new IOException(file + " is locked by other means of this process");
    }
    return lock;
  }

  private static @Nullable FileLock lock(Path file, boolean shared, boolean wait)
      throws IOException {
    Path real = DurableFiles.parent(file).toRealPath().resolve(file.getFileName());
    Holding mine = new Holding(shared, wait);
    Holding held = joinedOr(real, mine);
    if (held != mine) {
      return held == null ? null : new FileLock(real, held);
    }
    FileChannel channel = null;
    try {
      channel = lockHere(real, shared, wait);
    } finally {
      settle(real, mine, channel);
    }
    return channel == null ? null : new FileLock(real, mine);
  }

  /**
   * The file's lock where this process has it and it can be shared; what is given, put in its place
   * for all to see, where the system has yet to be asked; null where it cannot be had.
   */
  private static @Nullable Holding joinedOr(Path file, Holding mine) throws InterruptedIOException {
    synchronized (HELD) {
      while (true) {
        Holding held = HELD.get(file);
        if (held == null) {
          HELD.put(file, mine);
          return mine;
        }
        if (held.channel != null && held.shared && mine.shared) {
          held.holders++;
          return held;
        }
        // Who only tries is answered by the system at once; that answer is worth waiting for.
        boolean soon = held.channel == null && !held.awaited;
        if (!soon && !mine.awaited) {
          return null;
        }
        try {
          HELD.wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new InterruptedIOException("interrupted while waiting for a lock");
        }
      }
    }
  }

  private static void settle(Path file, Holding mine, @Nullable FileChannel channel) {
    synchronized (HELD) {
      mine.channel = channel;
      if (channel == null) {
        HELD.remove(file);
      }
      HELD.notifyAll();
    }
  }

  private static @Nullable FileChannel lockHere(Path file, boolean shared, boolean wait)
      throws IOException {
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
            DurableFiles.PRIVATE_FILE);
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
    return locked ? channel : null;
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
        Objects.requireNonNull(holding.channel, "a lock has its channel").close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
