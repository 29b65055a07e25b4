package dev.archive.storage;

import dev.archive.model.Count;
import dev.archive.model.Sha256;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Digests of large objects, taken while their parts arrive: as soon as there is no gap before a
 * part, it is read again, out of memory as a rule, and hashed. What is left when the last one has
 * come is little. Only a memory: what it has forgotten, or lost in a restart, is hashed from the
 * disk.
 */
final class PartDigests {
  private static final int MAX_ENTRIES = 1000;
  private static final int BUFFER = 1 << 18;

  private final Map<Path, Running> running =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Path, Running> eldest) {
          return size() > MAX_ENTRIES;
        }
      };

  /** The bytes of a part are in the file. */
  void arrived(Path file, long offset, long size) {
    Running digest;
    synchronized (running) {
      digest = running.computeIfAbsent(file, Running::new);
    }
    digest.note(offset, size);
  }

  /** Hashes what has arrived without a gap, unless another does. */
  void goOn(Path file) {
    Running digest;
    synchronized (running) {
      digest = running.get(file);
    }
    if (digest != null) {
      digest.hashUnlessBusy();
    }
  }

  /**
   * The bytes of a part are about to change: where it had arrived before, nothing that was taken of
   * the file counts any more.
   */
  void changes(Path file, long offset) {
    synchronized (running) {
      Running digest = running.get(file);
      if (digest != null && digest.has(offset)) {
        running.remove(file);
      }
    }
  }

  /** The digest of a file that is whole and changes no more. */
  Sha256 finish(Path file) throws IOException {
    Running digest;
    synchronized (running) {
      digest = running.remove(file);
    }
    return (digest == null ? new Running(file) : digest).finish();
  }

  /** The digest of one file up to a place. */
  private static final class Running {
    private final Path file;
    private final ReentrantLock hashing = new ReentrantLock();
    private final MessageDigest digest = Sha256.newDigest();
    private final TreeMap<Long, Long> parts = new TreeMap<>();
    private long hashed;

    /** Up to where parts have been taken to be hashed. */
    private long taken;

    Running(Path file) {
      this.file = file;
    }

    synchronized void note(long offset, long size) {
      parts.put(offset, size);
    }

    synchronized boolean has(long offset) {
      return offset < taken || parts.containsKey(offset);
    }

    /** Takes the part that comes next; where there is none, gives the end of the one before. */
    private synchronized long take() {
      Long size = parts.remove(taken);
      taken += size == null ? 0 : size;
      return taken;
    }

    void hashUnlessBusy() {
      if (hashing.tryLock()) {
        try (FileChannel channel = open()) {
          for (long end = take(); hashed < end; end = take()) {
            hash(channel, end);
          }
        } catch (IOException e) {
          // The one that finishes reads on from here, and fails where that is still so.
        } finally {
          hashing.unlock();
        }
      }
    }

    Sha256 finish() throws IOException {
      hashing.lock();
      try (FileChannel channel = open()) {
        hash(channel, channel.size());
        return Sha256.of(digest);
      } finally {
        hashing.unlock();
      }
    }

    private FileChannel open() throws IOException {
      return FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    }

    private void hash(FileChannel channel, long end) throws IOException {
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
      while (hashed < end) {
        buffer.clear().limit((int) Math.min(BUFFER, end - hashed));
        int read = channel.read(buffer, hashed);
        if (read < 0) {
          throw new EOFException(file + " ends after " + Count.of(hashed, "byte"));
        }
        digest.update(buffer.flip());
        hashed += read;
      }
    }
  }
}
