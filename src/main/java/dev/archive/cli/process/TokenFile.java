package dev.archive.cli.process;

import dev.archive.durable.LocalErrors;
import dev.archive.durable.Secrets;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A file with an access token, which its owner alone may use. */
public final class TokenFile {
  private TokenFile() {}

  /**
   * Reads the token in a file, without the end of its line.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where it cannot be read, or others can use it
   */
  public static Secret read(Path file) {
    try {
      return Secret.of(
          new String(Secrets.read(file), StandardCharsets.UTF_8).replaceFirst("\\s+$", ""));
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the access token could not be read: "
              + LocalErrors.fileAndReason(e)
              + "; nothing was done",
          e);
    }
  }
}
