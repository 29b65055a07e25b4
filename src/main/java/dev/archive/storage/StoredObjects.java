package dev.archive.storage;

import dev.archive.durable.LocalErrors;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import java.io.Closeable;
import java.io.IOException;

/**
 * Opens the published objects of one batch to be read. An object that is open stays so when this is
 * closed. For one thread at a time.
 */
public interface StoredObjects extends Closeable {
  /**
   * Opens an object.
   *
   * @param size that it must have, in bytes
   * @throws ArchiveException {@link ErrorCode#BYTES_MISSING} where it is not there, {@link
   *     ErrorCode#FIXITY_MISMATCH} where it has another size or the store does not give it, {@link
   *     ErrorCode#UNAVAILABLE} where no more can be opened now
   */
  StoredObject open(LogicalPath path, long size);

  /** Opens a tag file of the bag, with the errors of {@link #open(LogicalPath, long)}. */
  StoredObject openTag(String name);

  @Override
  void close();

  /** That a stored file could not be read. */
  static ArchiveException unreadable(String name, IOException e) {
    return LocalErrors.isTemporary(e)
        ? new ArchiveException(
            ErrorCode.UNAVAILABLE, "the server cannot open more files now; retry later", e)
        : new ArchiveException(
            ErrorCode.FIXITY_MISMATCH,
            "the stored file cannot be read: " + name + ": " + LocalErrors.reason(e),
            e);
  }
}
