package dev.archive.client.fetch;

import dev.archive.durable.TargetDirectory;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The files that have no place yet: their names, and what earlier processes left of them. What was
 * left is copied and never written to: it may be a link to a file elsewhere.
 */
final class Unfinished {
  /** A file that is shorter is read again sooner than its beginning is copied. In bytes. */
  private static final long MIN_KEPT = 1 << 20;

  private static final int BUFFER = 1 << 18;
  private static final String END = ".part";

  private final TargetDirectory target;
  private final String run;
  private final AtomicLong count = new AtomicLong();
  private final Map<String, Path> left = new ConcurrentHashMap<>();

  /**
   * Looks at what is left.
   *
   * @param run makes the names differ from those of other processes
   * @param wanted the files that may be resumed; what is left of others goes
   */
  Unfinished(TargetDirectory target, String run, Iterable<StoredFile> wanted) throws IOException {
    this.target = target;
    this.run = run;
    for (Path name : target.leftovers()) {
      Path other = left.put(name.toString().replaceFirst("-.*", ""), name);
      if (other != null) {
        target.drop(other);
      }
    }
    if (!left.isEmpty()) {
      Map<String, Path> kept = new ConcurrentHashMap<>();
      for (StoredFile file : wanted) {
        String key = key(file.path());
        Path name = file.size() >= MIN_KEPT ? left.remove(key) : null;
        if (name != null) {
          kept.put(key, name);
        }
      }
      left.values().forEach(target::drop);
      left.clear();
      left.putAll(kept);
    }
  }

  private static String key(LogicalPath path) {
    return Sha256.of(path.toString().getBytes(StandardCharsets.UTF_8)).hex().substring(0, 32);
  }

  /** A new name for a file until it has its place. */
  Path name(LogicalPath path) {
    return Path.of(key(path) + "-" + run + "-" + count.incrementAndGet() + END);
  }

  /**
   * Copies what was left of a file.
   *
   * @param digest takes the bytes
   * @return how many bytes were copied
   */
  long copy(StoredFile file, FileChannel out, MessageDigest digest) throws IOException {
    Path name = left.remove(key(file.path()));
    if (name == null) {
      return 0;
    }
    long copied = 0;
    try (FileChannel in = target.openLeftover(name)) {
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
      while (copied < file.size()) {
        buffer.clear().limit((int) Math.min(BUFFER, file.size() - copied));
        if (in.read(buffer) < 0) {
          break;
        }
        copied += buffer.flip().remaining();
        digest.update(buffer.duplicate());
        while (buffer.hasRemaining()) {
          out.write(buffer);
        }
      }
    }
    target.drop(name);
    return copied;
  }
}
