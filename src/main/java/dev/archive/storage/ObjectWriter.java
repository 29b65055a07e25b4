package dev.archive.storage;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import java.io.InputStream;
import java.util.Collection;
import java.util.Map;

/**
 * Takes many objects of one batch, which become durable and get their names in groups. Closing
 * drops none of them. For one thread at a time.
 */
public interface ObjectWriter extends AutoCloseable {
  /** Bytes that are becoming durable. */
  @FunctionalInterface
  interface Forcing {
    /**
     * Waits until they are.
     *
     * @throws ArchiveException with the first failure; then none of the group may be published
     */
    void await();
  }

  /**
   * Takes the bytes of one object: hashed in the pass that writes them, and durable only once a
   * group with it was forced.
   *
   * @param size how many bytes there must be
   * @throws ArchiveException {@link ErrorCode#BODY_SIZE} where there are fewer or more, or the body
   *     cannot be read to its end; nothing of it is kept then
   */
  Staged receive(InputStream body, long size);

  /** Begins to make the bytes of a group durable. */
  Forcing force(Collection<? extends Staged> group);

  /**
   * Gives a group whose bytes are durable its final names, each in place of what has it; returns
   * once those survive a power cut. The group is not one act: after a failure any of them may be
   * published, each whole.
   */
  void publish(Map<LogicalPath, Staged> group);

  @Override
  void close();
}
