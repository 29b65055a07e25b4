package dev.archive.durable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/** What this process takes from the permissions of what it makes. */
final class Umask {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String LINE = "Umask:";

  private Umask() {}

  /** With which an ordinary program makes a file; for its owner alone where nothing tells. */
  static Set<PosixFilePermission> filePermissions() {
    int mode = 0666 & ~umask();
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] all = PosixFilePermission.values();
    // Declared from the owner's read on, as the bits of a mode stand.
    for (int i = 0; i < all.length; i++) {
      if ((mode & 0400 >> i) != 0) {
        permissions.add(all[i]);
      }
    }
    return permissions.isEmpty() ? PosixFilePermissions.fromString("rw-------") : permissions;
  }

  private static int umask() {
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith(LINE))
          .mapToInt(line -> Integer.parseInt(line.substring(LINE.length()).strip(), 8))
          .findFirst()
          .orElse(077);
    } catch (IOException | NumberFormatException e) {
      return 077;
    }
  }
}
