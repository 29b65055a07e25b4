package dev.archive.model;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One file of a batch.
 *
 * @param path where it stands in the batch
 * @param size in bytes, 0 or more
 * @param sha256 its digest, or null as long as nobody has read it
 */
public record Entry(LogicalPath path, long size, @Nullable Sha256 sha256) {
  public Entry {
    Objects.requireNonNull(path);
    if (size < 0) {
      throw new ArchiveException(ErrorCode.INVALID_REQUEST, "a size below zero for " + path);
    }
  }

  /**
   * The digest of a file that was read.
   *
   * @throws IllegalStateException where nobody has read it
   */
  public Sha256 digest() {
    if (sha256 == null) {
      throw new IllegalStateException(path + " was not read");
    }
    return sha256;
  }
}
