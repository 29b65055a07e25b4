package dev.archive.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/**
 * What the file system says of a published object without reading it: as long as it says the same,
 * the bytes are the same. Any process that replaces the object, or writes into it, changes it.
 *
 * @param size in bytes
 * @param inode of the file
 * @param modified when its bytes changed last; like changed in the units of the file system
 * @param changed when anything of it changed last
 */
record FileStamp(long size, Object inode, Object modified, Object changed) implements ObjectStamp {
  private static final String ATTRIBUTES = "unix:isRegularFile,size,ino,lastModifiedTime,ctime";

  /** The stamp of a regular file; null where there is none, or the system has no such thing. */
  static FileStamp of(Path file) {
    try {
      Map<String, Object> seen = Files.readAttributes(file, ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
      return (boolean) seen.get("isRegularFile")
          ? new FileStamp(
              (long) seen.get("size"),
              seen.get("ino"),
              seen.get("lastModifiedTime"),
              seen.get("ctime"))
          : null;
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return null;
    }
  }

  /** The same where it is that of a file, which was only renamed since; else null. */
  FileStamp ifRenamedFrom(FileStamp before) {
    boolean same =
        before != null
            && size == before.size
            && inode.equals(before.inode)
            && modified.equals(before.modified);
    return same ? this : null;
  }
}
