package dev.archive.storage;

import dev.archive.model.ArchiveException;
import dev.archive.model.LogicalPath;
import org.jspecify.annotations.Nullable;

/**
 * An object whose bytes have all arrived, but which has no final name yet: nobody reads it. Closing
 * drops it unless it was published. For one thread at a time.
 */
public interface Staged extends AutoCloseable {
  /** Its size and digest, taken of the bytes that are stored. */
  Stored stored();

  /**
   * Gives an object whose bytes are durable its final name, in place of what has it; returns once
   * that survives a power cut. Called once.
   *
   * @return what tells whether the object is still this one; null where nothing does
   * @throws ArchiveException with the errors of a {@link ByteStore}; the object may be published
   *     nevertheless, and then whole
   */
  @Nullable ObjectStamp publish(LogicalPath path);

  @Override
  void close();
}
