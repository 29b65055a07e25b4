package dev.archive.storage;

import dev.archive.model.ArchiveException;
import dev.archive.model.LogicalPath;

/** Sees whether the objects of one batch are there, without reading them. For one thread. */
@FunctionalInterface
public interface ObjectPresence {
  /**
   * Whether an object of this size is published under the path, at the moment of the call.
   *
   * @param size in bytes
   * @throws ArchiveException where the store does not tell
   */
  boolean holds(LogicalPath path, long size);
}
