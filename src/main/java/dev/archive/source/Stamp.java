package dev.archive.source;

import java.nio.file.attribute.FileTime;

/**
 * What tells, without reading it, that a file is still the one that was read: its size, its times
 * of modification and of change, and its inode. The number of the device is no part of it, for the
 * same disk gets another one each time that it is mounted.
 *
 * <p>The time of change (ctime) is set by the kernel with every change of bytes or attributes, and
 * nobody can set it back: it shows an edit that keeps size and time of modification. That it
 * differs is a reason to read the file again, and no proof that the file was edited.
 *
 * @param size in bytes
 * @param modified when its bytes were last changed, or what somebody set (mtime)
 * @param changed when its bytes or attributes were last changed (ctime)
 * @param inode its number in the file system
 * @param young whether it was changed less than {@link #MIN_AGE_MILLIS} before it was asked for:
 *     then the next change may leave the same times, for file systems count in steps of up to 2 s
 */
public record Stamp(long size, FileTime modified, FileTime changed, long inode, boolean young) {
  /** The age in milliseconds from which on the times of a file are trusted. */
  static final long MIN_AGE_MILLIS = 2000;

  /** The stamp of a file whose attributes were asked for at a time of the system's clock. */
  static Stamp at(long nowMillis, long size, FileTime modified, FileTime changed, long inode) {
    long oldest = nowMillis - MIN_AGE_MILLIS;
    long written = modified.toMillis();
    // A time of modification far ahead was set by somebody: the next edit replaces it.
    boolean young =
        changed.toMillis() > oldest || written > oldest && written <= nowMillis + MIN_AGE_MILLIS;
    return new Stamp(size, modified, changed, inode, young);
  }

  /**
   * Whether a time of modification that was read now is this one. By what an instant can hold: a
   * plan keeps times as instants, and some file systems have times beyond those.
   */
  boolean wasModifiedAt(FileTime now) {
    return now.toInstant().equals(modified.toInstant());
  }
}
