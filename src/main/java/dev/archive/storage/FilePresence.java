package dev.archive.storage;

import dev.archive.durable.DurableFiles;
import dev.archive.model.LogicalPath;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the objects of one batch by name, kind and size. It asks for each object (4 µs of
 * processor time each, when 100,000 lay in 200 directories) and once for each directory, for a link
 * in the place of one leads out of the archive.
 */
final class FilePresence implements ObjectPresence {
  private static final int MAX_DIRECTORIES = 10_000;

  private final Path root;
  private final Path data;
  private final Map<Path, Boolean> directories = new HashMap<>();

  FilePresence(Path root, Path data) {
    this.root = root;
    this.data = data;
  }

  /** Only a regular file counts, with no link above it. */
  @Override
  public boolean holds(LogicalPath path, long size) {
    Path object = data.resolve(path.relative());
    try {
      BasicFileAttributes seen = attributes(object);
      return seen != null
          && seen.isRegularFile()
          && seen.size() == size
          && isDirectory(DurableFiles.parent(object));
    } catch (IOException e) {
      throw StorageErrors.translate("looking for " + path, e);
    }
  }

  private boolean isDirectory(Path directory) throws IOException {
    Boolean known = directories.get(directory);
    if (known == null) {
      BasicFileAttributes seen = attributes(directory);
      known =
          seen != null
              && seen.isDirectory()
              && (DurableFiles.parent(directory).equals(root)
                  || isDirectory(DurableFiles.parent(directory)));
      if (directories.size() == MAX_DIRECTORIES) {
        directories.clear();
      }
      directories.put(directory, known);
    }
    return known;
  }

  /** Null where nothing has this name. */
  private static @Nullable BasicFileAttributes attributes(Path file) throws IOException {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return null;
    } catch (FileSystemException e) {
      String reason = String.valueOf(e.getReason());
      if (reason.contains("Not a directory") || reason.contains("symbolic links")) {
        return null;
      }
      throw e;
    }
  }
}
