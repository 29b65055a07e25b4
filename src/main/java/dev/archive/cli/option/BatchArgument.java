package dev.archive.cli.option;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;

/** The id of a batch on a command line. */
public final class BatchArgument {
  private BatchArgument() {}

  /**
   * Reads an id.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where it is none
   */
  public static BatchId parse(String text) {
    try {
      return BatchId.parse(text);
    } catch (ArchiveException e) {
      throw new ArchiveException(ErrorCode.USAGE, e.getMessage() + "; nothing was done", e);
    }
  }
}
