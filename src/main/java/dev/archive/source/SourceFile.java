package dev.archive.source;

import dev.archive.durable.LocalErrors;
import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * A regular file as the walk saw it.
 *
 * @param file where it lies
 * @param path where it is to stand in the batch
 * @param stamp what tells it from what it may become
 */
public record SourceFile(Path file, LogicalPath path, Stamp stamp) {

  /** Its size in bytes. */
  public long size() {
    return stamp.size();
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
   * Proves that a file that was read up to its size ends there: some file systems tell a size of
   * zero, or an old one, and have more to give.
   *
   * @throws ArchiveException {@link ErrorCode#SOURCE_CHANGED} where it grew; {@link
   *     ErrorCode#SOURCE_UNREADABLE} where it has more bytes than its size says
   */
  public void requireEnd(FileChannel channel) {
    try {
      if (channel.read(ByteBuffer.allocate(1), size()) > 0) {
        requireUnchanged();
        throw new ArchiveException(
            ErrorCode.SOURCE_UNREADABLE,
            Text.printable(file.toString())
                + " has more bytes than the "
                + size()
                + " that its file system reports, and is not archived");
      }
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /**
   * Proves that size, time of modification and identity are still those that the walk saw. The time
   * of change may differ: the bytes are hashed as they are read, and what was read under an older
   * time of change is read again by the next run.
   *
   * @throws ArchiveException {@link ErrorCode#SOURCE_CHANGED}, with what happened
   */
  public void requireUnchanged() {
    BasicFileAttributes now;
    long inode;
    try {
      now = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      inode = FileAttributes.inode(file, now);
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
    long size = now.size();
    if (size < size()) {
      throw changed("shrank from " + size() + " to " + size + " " + Count.noun(size, "byte"));
    }
    if (size > size()) {
      throw changed("grew from " + size() + " to " + size + " " + Count.noun(size, "byte"));
    }
    if (inode != stamp.inode()) {
      throw changed("was replaced by another file");
    }
    if (!stamp.wasModifiedAt(now.lastModifiedTime())) {
      throw changed("was edited");
    }
  }

  /** That the file is not what it was, and how. */
  public ArchiveException changed(String how) {
    return new ArchiveException(
        ErrorCode.SOURCE_CHANGED,
        Text.printable(file.toString()) + " " + how + " while it was being archived");
  }

  /**
   * That the file cannot be read, and why.
   *
   * @return {@link ErrorCode#UNAVAILABLE} where this machine lacks something that says nothing of
   *     the file; else {@link ErrorCode#SOURCE_UNREADABLE}
   */
  public ArchiveException unreadable(IOException e) {
    return LocalErrors.isTemporary(e)
        ? unavailable(file, e)
        : new ArchiveException(
            ErrorCode.SOURCE_UNREADABLE,
            Text.printable(file.toString()) + " cannot be read: " + reason(e),
            e);
  }

  /** That this machine cannot read anything more now. */
  static ArchiveException unavailable(Path file, IOException e) {
    return new ArchiveException(
        ErrorCode.UNAVAILABLE,
        Text.printable(file.toString())
            + " cannot be read now: "
            + reason(e)
            + "; no file was left out for it. Run the same command again, with a smaller --parallel"
            + " or a higher limit (ulimit)",
        e);
  }

  /** The reason of a file system's failure in words. */
  public static String reason(IOException e) {
    return LocalErrors.reason(e);
  }
}
