package dev.archive.durable;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;

/** Publishes files so that under their final name they are absent or whole, and stay whole. */
public final class DurableFiles {
  /** Of files that are for their owner alone, from their first moment. */
  public static final FileAttribute<?> PRIVATE_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  /** Of directories that are for their owner alone, from their first moment. */
  public static final FileAttribute<?> PRIVATE_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private DurableFiles() {}

  /** Writes the content of a file that is being published. */
  @FunctionalInterface
  public interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Publishes content under a name, replacing what was there; returns once it survives a power cut.
   *
   * @param attributes with which the file is made
   */
  public static void publish(Path target, Content content, FileAttribute<?>... attributes)
      throws IOException {
    publish(target, content, "renamed", attributes);
  }

  /**
   * Publishes content as {@link #publish(Path, Content, FileAttribute[])} does.
   *
   * @param failpoint what is reached once it has its name, before that is durable
   * @param attributes with which the file is made
   */
  public static void publish(
      Path target, Content content, String failpoint, FileAttribute<?>... attributes)
      throws IOException {
    Path temp = target.resolveSibling(HeldDirectory.temporary(target.getFileName().toString()));
    Files.deleteIfExists(temp);
    try {
      write(temp, content, attributes);
      move(temp, target, failpoint);
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(temp);
      throw e;
    }
  }

  /**
   * Publishes content under a name that nobody has yet; where somebody has it, theirs stays. When
   * this returns, the file under that name survives a power cut.
   */
  public static void createOnce(Path target, Content content) throws IOException {
    Path temp = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID());
    try {
      write(temp, content);
      link(temp, target);
    } catch (FileAlreadyExistsException e) {
      // Made by another process, or earlier.
    } finally {
      Files.deleteIfExists(temp);
    }
    forceDirectory(parent(target));
  }

  /**
   * Gives a file a name that nobody has yet.
   *
   * @throws FileAlreadyExistsException where somebody has it
   */
  public static void link(Path temp, Path target) throws IOException {
    try {
      Files.createLink(target, temp);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (UnsupportedOperationException | FileSystemException e) {
      // A file system without hard links: refuses all the same what is there already.
      Files.move(temp, target);
    }
  }

  private static void write(Path temp, Content content, FileAttribute<?>... attributes)
      throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            temp, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes)) {
      write(channel, content);
    }
  }

  static void write(FileChannel channel, Content content) throws IOException {
    OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
    content.writeTo(out);
    out.flush();
    channel.force(true);
  }

  /** Whether a file that has the name already may be replaced. */
  @FunctionalInterface
  public interface Replaceable {
    boolean test(Path existing) throws IOException;
  }

  /**
   * Publishes content in a directory that others write to as well: no file of theirs is replaced or
   * removed. A new one is for its owner alone, and one that is replaced keeps its mode. Returns
   * once it survives a power cut.
   *
   * @throws FileAlreadyExistsException where a file has the name that may not be replaced
   */
  public static void publishAmongOthers(Path target, Content content, Replaceable replaceable)
      throws IOException {
    Path temp = unguessable(target);
    try {
      write(temp, content, PRIVATE_FILE);
      if (!isNew(temp, target)) {
        if (!replaceable.test(target)) {
          throw new FileAlreadyExistsException(target.toString());
        }
        keepPermissions(target, temp);
        move(temp, target);
      }
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(temp);
      throw e;
    }
  }

  /** What was for few to read stays so. */
  private static void keepPermissions(Path from, Path to) throws IOException {
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(from);
    if (!permissions.equals(Files.getPosixFilePermissions(to))) {
      Files.setPosixFilePermissions(to, permissions);
    }
  }

  /** Gives a file a name that nothing has, durably, and tells whether nothing had it. */
  private static boolean isNew(Path temp, Path target) throws IOException {
    try {
      link(temp, target);
    } catch (FileAlreadyExistsException e) {
      return false;
    }
    Files.deleteIfExists(temp);
    forceDirectory(parent(target));
    return true;
  }

  /**
   * Proves that a file can be made and written in the directory of a target, and leaves none.
   *
   * @param bytes how many are written
   */
  public static void tryToWriteBeside(Path target, int bytes) throws IOException {
    Path temp = unguessable(target);
    try {
      write(temp, out -> out.write(new byte[bytes]));
    } finally {
      Files.deleteIfExists(temp);
    }
  }

  private static Path unguessable(Path target) {
    return target.resolveSibling(".archive-" + UUID.randomUUID() + ".tmp");
  }

  /** Gives a file that was written and forced its final name in the same file system, durably. */
  public static void move(Path temp, Path target) throws IOException {
    move(temp, target, "renamed");
  }

  private static void move(Path temp, Path target, String failpoint) throws IOException {
    Files.move(temp, target, StandardCopyOption.ATOMIC_MOVE);
    Failpoint.reach(failpoint);
    forceDirectory(parent(target));
  }

  /**
   * The directory that a name stands in: the working directory for a name alone.
   *
   * @throws IllegalArgumentException for the root of a file system, which stands in none
   */
  public static Path parent(Path path) {
    Path above = path.getParent();
    if (above == null) {
      above = path.toAbsolutePath().getParent();
    }
    if (above == null) {
      throw new IllegalArgumentException("no directory holds " + path);
    }
    return above;
  }

  /** Makes the names in a directory durable. */
  public static void forceDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
