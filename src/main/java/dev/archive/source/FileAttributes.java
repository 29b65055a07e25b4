package dev.archive.source;

import dev.archive.durable.UnixAttributes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * What one call of the system tells about a name, which is not followed where it is a symlink.
 * Java's own classes do not tell the time of change.
 *
 * @param device the number of the file system, as long as it is mounted
 * @param fileKey what the file system knows it by as long as it is mounted: device and inode
 */
record FileAttributes(Kind kind, Stamp stamp, long device, Object fileKey) {
  private static final String WANTED = "unix:mode,size,lastModifiedTime,ctime,ino,dev,fileKey";
  private static final String INODE = ",ino=";
  private static final int TYPE = 0170000;

  /** What stands under the name. */
  enum Kind {
    REGULAR,
    DIRECTORY,
    SYMLINK,
    SPECIAL;

    private static Kind of(int mode) {
      return switch (mode & TYPE) {
        case 0100000 -> REGULAR;
        case 0040000 -> DIRECTORY;
        case 0120000 -> SYMLINK;
        default -> SPECIAL;
      };
    }
  }

  /**
   * Asks the system.
   *
   * @param nowMillis the time of the clock by which the file is young or not
   */
  static FileAttributes read(Path file, long nowMillis) throws IOException {
    UnixAttributes values = UnixAttributes.read(file, WANTED);
    return new FileAttributes(
        Kind.of(values.number("mode")),
        Stamp.at(
            nowMillis,
            values.longNumber("size"),
            values.time("lastModifiedTime"),
            values.time("ctime"),
            values.longNumber("ino")),
        values.longNumber("dev"),
        values.fileKey());
  }

  /**
   * The inode of a file whose basic attributes are known. Their key names it in its text; to ask
   * for all that {@link #read} asks for takes the processor twice as long, and each file that is
   * sent is looked at twice.
   */
  static long inode(Path file, BasicFileAttributes attributes) throws IOException {
    String key = String.valueOf(attributes.fileKey());
    int at = key.indexOf(INODE);
    return at >= 0 && key.endsWith(")")
        ? Long.parseLong(key, at + INODE.length(), key.length() - 1, 10)
        : (Long) Files.getAttribute(file, "unix:ino", LinkOption.NOFOLLOW_LINKS);
  }
}
