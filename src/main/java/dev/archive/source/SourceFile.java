package dev.archive.source;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Text;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Objects;

/**
 * A regular file as the walk saw it.
 *
 * @param file where it lies
 * @param path where it is to stand in the batch
 * @param size in bytes
 * @param modified its time of last modification
 * @param fileKey the text of what the file system knows it by (device and inode), or null
 */
public record SourceFile(
    Path file, LogicalPath path, long size, FileTime modified, String fileKey) {

  /** A file whose attributes were just read. */
  static SourceFile of(Path file, LogicalPath path, BasicFileAttributes attributes) {
    return new SourceFile(
        file, path, attributes.size(), attributes.lastModifiedTime(), key(attributes));
  }

  private static String key(BasicFileAttributes attributes) {
    return Objects.toString(attributes.fileKey(), null);
  }

  /**
   * Opens it for reading, if it still is the file that the walk saw.
   *
   * @throws ArchiveException {@link ErrorCode#SOURCE_CHANGED} or {@link
   *     ErrorCode#SOURCE_UNREADABLE}
   */
  public FileChannel open() {
    // Asked before opening: to open a pipe that took the file's place would wait for ever.
    requireUnchanged();
    try {
      return FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /**
   * Proves that size, time of modification and identity are still those that the walk saw.
   *
   * @throws ArchiveException {@link ErrorCode#SOURCE_CHANGED}, with what happened
   */
  public void requireUnchanged() {
    BasicFileAttributes now;
    try {
      now = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      throw changed("was deleted");
    } catch (IOException e) {
      throw unreadable(e);
    }
    if (!now.isRegularFile()) {
      throw changed(
          "was replaced by "
              + (now.isSymbolicLink()
                  ? "a symlink"
                  : now.isDirectory() ? "a directory" : "a special file"));
    }
    if (now.size() < size) {
      throw changed("shrank from " + size + " to " + now.size() + " bytes");
    }
    if (now.size() > size) {
      throw changed("grew from " + size + " to " + now.size() + " bytes");
    }
    if (!Objects.equals(key(now), fileKey)) {
      throw changed("was replaced by another file");
    }
    if (!now.lastModifiedTime().equals(modified)) {
      throw changed("was edited");
    }
  }

  /** That the file is not what it was, and how. */
  public ArchiveException changed(String how) {
    return new ArchiveException(
        ErrorCode.SOURCE_CHANGED,
        Text.printable(file.toString()) + " " + how + " while it was being archived");
  }

  /** That the file cannot be read, and why. */
  public ArchiveException unreadable(IOException e) {
    return new ArchiveException(
        ErrorCode.SOURCE_UNREADABLE,
        Text.printable(file.toString()) + " cannot be read: " + reason(e),
        e);
  }

  /** The reason of a file system's failure in words. */
  public static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof NoSuchFileException) {
      return "it is gone";
    }
    if (e instanceof FileSystemException failure && failure.getReason() != null) {
      return failure.getReason().toLowerCase(java.util.Locale.ROOT);
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
