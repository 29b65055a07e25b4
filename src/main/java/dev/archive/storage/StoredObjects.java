package dev.archive.storage;

import dev.archive.durable.DurableDirectories;
import dev.archive.durable.HeldDirectory;
import dev.archive.durable.LocalErrors;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Opens the published objects of one batch to be read. No link is followed on the way to them. The
 * directory of the last one is kept open, for the next often lies in it. For one thread at a time.
 */
public final class StoredObjects implements Closeable {
  private final DurableDirectories directories;
  private final Path bag;
  private Path opened;
  private HeldDirectory directory;

  private StoredObjects(DurableDirectories directories, Path bag) {
    this.directories = directories;
    this.bag = bag;
  }

  /** The batches below a root. */
  public static final class Store {
    private final Path batches;
    private final DurableDirectories directories;

    /** Of a root, which is there. */
    public Store(Path root) throws IOException {
      Path absolute = root.toAbsolutePath().normalize();
      this.batches = absolute.resolve("batches");
      this.directories = DurableDirectories.following(absolute);
    }

    /** The objects of a batch. */
    public StoredObjects of(BatchId batch) {
      return new StoredObjects(directories, batches.resolve(batch.value()));
    }
  }

  /**
   * Opens an object.
   *
   * @param size that it must have, in bytes
   * @throws ArchiveException {@link ErrorCode#BYTES_MISSING} where it is not there, {@link
   *     ErrorCode#FIXITY_MISMATCH} where it has another size or the disk does not give it, {@link
   *     ErrorCode#UNAVAILABLE} where this machine cannot open more files now
   */
  public StoredObject open(LogicalPath path, long size) {
    StoredObject object = open(bag.resolve("data").resolve(path.relative()), path.toString());
    if (object.size() != size) {
      closeQuietly(object);
      throw new ArchiveException(
          ErrorCode.FIXITY_MISMATCH,
          "the stored file has "
              + Count.of(object.size(), "byte")
              + " instead of "
              + Count.number(size)
              + ": "
              + path);
    }
    return object;
  }

  /** Opens a tag file of the bag, with the errors of {@link #open(LogicalPath, long)}. */
  public StoredObject openTag(String name) {
    return open(bag.resolve(name), name);
  }

  private StoredObject open(Path file, String name) {
    try {
      enter(file.getParent());
      if (directory == null || !directory.isRegularFile(file.getFileName())) {
        throw missing(name, null);
      }
      FileChannel channel = directory.open(file.getFileName(), StandardOpenOption.READ);
      try {
        return new StoredObject(channel, channel.size());
      } catch (IOException e) {
        channel.close();
        throw e;
      }
    } catch (NoSuchFileException e) {
      throw missing(name, e);
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  private void enter(Path parent) throws IOException {
    if (directory != null && parent.equals(opened)) {
      return;
    }
    close();
    directory = directories.holdIfThere(parent);
    opened = parent;
  }

  private static ArchiveException missing(String name, IOException e) {
    return new ArchiveException(ErrorCode.BYTES_MISSING, "the stored file is missing: " + name, e);
  }

  /** That a stored file could not be read. */
  public static ArchiveException unreadable(String name, IOException e) {
    return LocalErrors.isTemporary(e)
        ? new ArchiveException(
            ErrorCode.UNAVAILABLE, "the server cannot open more files now; retry later", e)
        : new ArchiveException(
            ErrorCode.FIXITY_MISMATCH,
            "the stored file cannot be read: " + name + ": " + LocalErrors.reason(e),
            e);
  }

  private static void closeQuietly(StoredObject object) {
    try {
      object.close();
    } catch (IOException e) {
      // Nothing was written through it.
    }
  }

  @Override
  public void close() {
    if (directory != null) {
      directory.close();
      directory = null;
    }
  }
}
