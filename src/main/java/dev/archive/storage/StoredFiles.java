package dev.archive.storage;

import dev.archive.durable.DurableDirectories;
import dev.archive.durable.DurableFiles;
import dev.archive.durable.HeldDirectory;
import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The objects of one batch as files. No link is followed on the way to them. The directory of the
 * last one is kept open, for the next often lies in it.
 */
final class StoredFiles implements StoredObjects {
  private final DurableDirectories directories;
  private final Path bag;
  private @Nullable Path opened;
  private @Nullable HeldDirectory directory;

  StoredFiles(DurableDirectories directories, Path bag) {
    this.directories = directories;
    this.bag = bag;
  }

  @Override
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

  @Override
  public StoredObject openTag(String name) {
    return open(bag.resolve(name), name);
  }

  private StoredObject open(Path file, String name) {
    try {
      enter(DurableFiles.parent(file));
      if (directory == null || !directory.isRegularFile(file.getFileName())) {
        throw missing(name, null);
      }
      FileChannel channel = directory.open(file.getFileName(), StandardOpenOption.READ);
      try {
        return new StoredFile(channel, channel.size());
      } catch (IOException e) {
        channel.close();
        throw e;
      }
    } catch (NoSuchFileException e) {
      throw missing(name, e);
    } catch (IOException e) {
      throw StoredObjects.unreadable(name, e);
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

  private static ArchiveException missing(String name, @Nullable IOException e) {
    return new ArchiveException(ErrorCode.BYTES_MISSING, "the stored file is missing: " + name, e);
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
