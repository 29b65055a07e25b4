package dev.archive.durable;

import java.io.IOException;
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

  private Secrets() {}

  /** Reads a secret, which is made of some bytes where there is none. */
  public static byte[] read(Path file, byte[] fresh) throws IOException {
    if (!Files.exists(file)) {
      DurableFiles.publish(file, out -> out.write(fresh), DurableFiles.PRIVATE_FILE);
    }
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    permissions.addAll(Files.getPosixFilePermissions(file));
    permissions.retainAll(LOOSE);
    if (!permissions.isEmpty()) {
      throw new IOException(
          file + " is a secret that others can use; take it from them: chmod 600 '" + file + "'");
    }
    return Files.readAllBytes(file);
  }
}
