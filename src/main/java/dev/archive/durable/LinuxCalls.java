package dev.archive.durable;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;

/**
 * Calls of Linux that Java does not make: Java 17 gives symlinks dates to the microsecond alone,
 * turns fractions of a second before 1970 into 1970, and takes the slash off the end of a link
 * target. The library is loaded at the first name that needs one of them.
 */
final class LinuxCalls {
  private static final int CURRENT_DIRECTORY = -100;
  private static final int NO_FOLLOW = 0x100;

  /** In the place of nanoseconds: leave this date as it is. */
  private static final long OMIT = (1L << 30) - 2;

  /** Set by the shell head: a directory of this user where programs may run. */
  private static final String CACHE = "archive.cache";

  private static final String UNPACKED = "jna.tmpdir";
  private static final boolean AVAILABLE = load();

  private LinuxCalls() {}

  private static boolean load() {
    String cache = System.getProperty(CACHE, "");
    if (!cache.isEmpty() && System.getProperty(UNPACKED) == null) {
      System.setProperty(UNPACKED, cache);
    }
    try {
      // Its times are of 32 bits on others.
      if (Platform.isLinux() && Platform.is64Bit()) {
        Native.register(LinuxCalls.class, "c");
        return true;
      }
      return false;
    } catch (LinkageError | RuntimeException e) {
      return false;
    }
  }

  /** Whether they can be made; false on other systems, and where no library can be loaded. */
  static boolean areAvailable() {
    return AVAILABLE;
  }

  private static native int utimensat(int directory, byte[] path, long[] times, int flags)
      throws LastErrorException;

  private static native int symlink(byte[] target, byte[] path) throws LastErrorException;

  /** Sets when a name was last modified, to the nanosecond; follows no link. */
  static void setModified(Path path, Instant modified) throws IOException {
    long[] times = {0, OMIT, modified.getEpochSecond(), modified.getNano()};
    try {
      var unused = utimensat(CURRENT_DIRECTORY, bytes(path.toString()), times, NO_FOLLOW);
    } catch (LastErrorException e) {
      throw failed(path, e);
    }
  }

  /** Makes a symlink whose target is exactly this text. */
  static void makeSymlink(Path path, String target) throws IOException {
    try {
      var unused = symlink(bytes(target), bytes(path.toString()));
    } catch (LastErrorException e) {
      throw failed(path, e);
    }
  }

  static byte[] bytes(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return Arrays.copyOf(utf8, utf8.length + 1);
  }

  static IOException failed(Path path, LastErrorException e) {
    IOException failure =
        new FileSystemException(
            path.toString(),
            null,
            String.valueOf(e.getMessage()).replaceFirst("^\\[\\d+\\] ?", ""));
    failure.initCause(e);
    return failure;
  }
}
