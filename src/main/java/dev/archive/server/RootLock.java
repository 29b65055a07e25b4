package dev.archive.server;

import dev.archive.durable.DurableDirectories;
import dev.archive.durable.FileLock;
import dev.archive.durable.LocalErrors;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * Who may use a root: one server alone, or any number of embedded ones side by side. Of the latter,
 * one that starts while no other is there is alone until it says that it has settled, and others
 * that start wait for that moment; so it may make what is missing and sweep what is left over.
 */
final class RootLock implements AutoCloseable {
  private final Path users;
  private final FileLock kind;
  private @Nullable FileLock use;
  private boolean alone;

  private RootLock(Path users, FileLock kind) {
    this.users = users;
    this.kind = kind;
  }

  /**
   * Takes a root, which is made where it is missing.
   *
   * @param shared whether other embedded servers may use it too
   * @throws ArchiveException {@link ErrorCode#LOCKED}; {@link ErrorCode#USAGE} where the directory
   *     cannot be used
   */
  static RootLock take(Path root, boolean shared) {
    try {
      DurableDirectories.makeRoot(
          root, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Path file = root.resolve("lock");
      FileLock kind = shared ? FileLock.tryShared(file) : FileLock.tryLock(file);
      if (kind == null) {
        throw refusal(root, shared);
      }
      RootLock lock = new RootLock(root.resolve("users.lock"), kind);
      lock.alone = !shared;
      if (shared) {
        lock.use(kind);
      }
      return lock;
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the archive's directory " + root + " cannot be used: " + LocalErrors.fileAndReason(e),
          e);
    }
  }

  private void use(FileLock kind) throws IOException {
    try {
      use = FileLock.tryLock(users);
      alone = use != null;
      if (!alone) {
        use = FileLock.awaitShared(users);
      }
    } catch (IOException e) {
      kind.close();
      throw e;
    }
  }

  private static ArchiveException refusal(Path root, boolean shared) throws IOException {
    try (FileLock embedded = shared ? null : FileLock.tryShared(root.resolve("lock"))) {
      return new ArchiveException(
          ErrorCode.LOCKED,
          embedded != null
              ? "other archive processes use "
                  + root
                  + " as their embedded archive; nothing was done, start the server when they have"
                  + " ended"
              : "an archive server uses "
                  + root
                  + "; nothing was done, name that server with --server URL, or stop it first");
    }
  }

  /** Whether nobody else uses the root now, so that what lies about in it is nobody's. */
  boolean isAlone() {
    return alone;
  }

  /** Lets other embedded servers in, where this is one. */
  void settle() throws IOException {
    if (use != null && alone) {
      alone = false;
      use.close();
      use = FileLock.awaitShared(users);
    }
  }

  @Override
  public void close() {
    if (use != null) {
      use.close();
    }
    kind.close();
  }
}
