package dev.archive.storage;

import dev.archive.durable.UnixAttributes;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;

/**
 * What the file system says of a published object without reading it: as long as it says the same,
 * the bytes are the same. Any process that replaces the object, or writes into it, changes it.
 *
 * @param size in bytes
 * @param inode of the file
 * @param modified when its bytes changed last; like changed in the units of the file system
 * @param changed when anything of it changed last
 */
record FileStamp(long size, long inode, FileTime modified, FileTime changed)
    implements ObjectStamp {
  private static final String ATTRIBUTES = "unix:isRegularFile,size,ino,lastModifiedTime,ctime";

  /** The stamp of a regular file; null where there is none, or the system has no such thing. */
  static @Nullable FileStamp of(Path file) {
    try {
      UnixAttributes seen = UnixAttributes.read(file, ATTRIBUTES);
      return seen.is("isRegularFile")
          ? new FileStamp(
              seen.longNumber("size"),
              seen.longNumber("ino"),
              seen.time("lastModifiedTime"),
              seen.time("ctime"))
          : null;
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return null;
    }
  }

  /** The same where it is that of a file, which was only renamed since; else null. */
  @Nullable FileStamp ifRenamedFrom(@Nullable FileStamp before) {
    boolean same =
        before != null
            && size == before.size
            && inode == before.inode
            && modified.equals(before.modified);
    return same ? this : null;
  }
}
