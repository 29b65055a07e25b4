package dev.archive.durable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * The modes of what is made below a directory. In one that is for its owner alone, all is so; in
 * one that an administrator prepared for a group, that group reads what is made, under any umask,
 * and what others may do there is up to the umask. Nobody but the owner ever writes.
 */
final class Modes {
  private static final int SET_GROUP_ID = 02000;
  private static final Set<PosixFilePermission> WRITES =
      EnumSet.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

  /** For their owner alone. */
  static final Modes PRIVATE = new Modes(PosixFilePermissions.fromString("rwx------"), false);

  private final Set<PosixFilePermission> files;
  private final Set<PosixFilePermission> directories;
  private final boolean setsGroup;

  private Modes(Set<PosixFilePermission> directories, boolean setsGroup) {
    this.directories = directories;
    this.setsGroup = setsGroup;
    this.files = EnumSet.copyOf(directories);
    files.remove(PosixFilePermission.OWNER_EXECUTE);
    files.remove(PosixFilePermission.GROUP_EXECUTE);
    files.remove(PosixFilePermission.OTHERS_EXECUTE);
  }

  /** As a directory has them that is there. */
  static Modes of(Path directory) throws IOException {
    Set<PosixFilePermission> permissions = EnumSet.copyOf(PRIVATE.directories);
    permissions.addAll(Files.getPosixFilePermissions(directory));
    permissions.removeAll(WRITES);
    int mode = (Integer) Files.getAttribute(directory, "unix:mode");
    return new Modes(permissions, (mode & SET_GROUP_ID) != 0);
  }

  /** With which a file is made; the umask may take from it. */
  FileAttribute<?> file() {
    return PosixFilePermissions.asFileAttribute(files);
  }

  /** With which a directory is made; the umask may take from it. */
  FileAttribute<?> directory() {
    return PosixFilePermissions.asFileAttribute(directories);
  }

  /** Gives a file that was just made what the umask took from its group. */
  void mend(PosixFileAttributeView made) throws IOException {
    if (files.contains(PosixFilePermission.GROUP_READ)) {
      Set<PosixFilePermission> permissions = made.readAttributes().permissions();
      if (permissions.add(PosixFilePermission.GROUP_READ)) {
        made.setPermissions(permissions);
      }
    }
  }

  /** Gives a directory that was just made what the umask took from its group. */
  void mend(Path made) throws IOException {
    int mode = (Integer) Files.getAttribute(made, "unix:mode") & 07777;
    int group =
        (directories.contains(PosixFilePermission.GROUP_READ) ? 040 : 0)
            | (directories.contains(PosixFilePermission.GROUP_EXECUTE) ? 010 : 0)
            | (setsGroup ? SET_GROUP_ID : 0);
    if ((mode | group) != mode) {
      // Setting permissions alone would take the bit that hands the group on.
      Files.setAttribute(made, "unix:mode", mode | group);
    }
  }
}
