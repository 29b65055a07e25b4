package dev.archive.server;

import dev.archive.durable.LocalErrors;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.server.http.SigningKeys;
import java.io.IOException;
import java.nio.file.Path;

/** Replaces the key that signs upload URLs, also beside a server that runs. */
public final class KeyRotation {
  private KeyRotation() {}

  /**
   * Has a new key sign from now on; durable when this returns.
   *
   * @return the id of the new key
   * @throws ArchiveException {@link ErrorCode#USAGE} where the root has no key, or it cannot be
   *     written
   */
  public static String of(Path root) {
    try {
      return SigningKeys.rotate(root);
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the signing key of " + root + " could not be replaced: " + LocalErrors.fileAndReason(e),
          e);
    }
  }
}
