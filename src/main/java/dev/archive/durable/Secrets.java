package dev.archive.durable;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/** Files whose content is for their owner alone. */
public final class Secrets {
  private static final Set<PosixFilePermission> LOOSE =
      EnumSet.complementOf(
          EnumSet.of(
              PosixFilePermission.OWNER_READ,
              PosixFilePermission.OWNER_WRITE,
              PosixFilePermission.OWNER_EXECUTE));

  private static final int MAX_BYTES = 1 << 16;

  private Secrets() {}

  /** Reads a secret, which is made of some bytes where there is none. */
  public static byte[] read(Path file, byte[] fresh) throws IOException {
    if (!Files.exists(file)) {
      DurableFiles.publish(file, out -> out.write(fresh), DurableFiles.PRIVATE_FILE);
    }
    return read(file);
  }

  /**
   * Reads a secret.
   *
   * @throws IOException where there is none, it is larger than 64 KiB, or others can use it
   */
  public static byte[] read(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new IOException(file + " does not exist");
    }
    if (Files.isDirectory(file)) {
      throw new IOException(file + " is a directory");
    }
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    permissions.addAll(Files.getPosixFilePermissions(file));
    permissions.retainAll(LOOSE);
    if (!permissions.isEmpty()) {
      throw new IOException(
          file + " is a secret that others can use; take it from them: chmod 600 '" + file + "'");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new IOException(file + " is larger than a secret can be");
      }
      return bytes;
    } catch (AccessDeniedException e) {
      throw new IOException(file + " may not be read by this user", e);
    }
  }
}
