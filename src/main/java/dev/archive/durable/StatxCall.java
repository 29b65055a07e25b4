package dev.archive.durable;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;

/**
 * {@code statx} of Linux, for dates that Java does not read whole. Its structure is the same on all
 * machines. By itself, for C libraries before 2018 do not have it.
 */
final class StatxCall {
  private static final int CURRENT_DIRECTORY = -100;
  private static final int NO_FOLLOW = 0x100;
  private static final int MODIFIED = 0x40;

  /** Where the date of modification is in the structure: 8 bytes of seconds, 4 of nanoseconds. */
  private static final int MODIFIED_AT = 112;

  private static final int LENGTH = 256;
  private static final boolean AVAILABLE = load();

  private StatxCall() {}

  private static boolean load() {
    try {
      if (LinuxCalls.areAvailable()) {
        Native.register(StatxCall.class, "c");
        return true;
      }
      return false;
    } catch (LinkageError | RuntimeException e) {
      return false;
    }
  }

  /** Whether it can be called. */
  static boolean isAvailable() {
    return AVAILABLE;
  }

  private static native int statx(int directory, byte[] path, int flags, int mask, byte[] result)
      throws LastErrorException;

  /** When a name was last modified, to the nanosecond; follows no link. */
  static Instant modified(Path path) throws IOException {
    byte[] result = new byte[LENGTH];
    try {
      var unused =
          statx(CURRENT_DIRECTORY, LinuxCalls.bytes(path.toString()), NO_FOLLOW, MODIFIED, result);
    } catch (LastErrorException e) {
      throw LinuxCalls.failed(path, e);
    }
    ByteBuffer fields = ByteBuffer.wrap(result).order(ByteOrder.nativeOrder());
    try {
      return Instant.ofEpochSecond(fields.getLong(MODIFIED_AT), fields.getInt(MODIFIED_AT + 8));
    } catch (DateTimeException e) {
      throw new IOException("its date cannot be written", e);
    }
  }
}
