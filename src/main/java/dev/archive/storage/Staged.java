package dev.archive.storage;

import dev.archive.durable.Failpoint;
import dev.archive.model.BatchId;
import dev.archive.model.LogicalPath;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * An object whose bytes have all arrived, but which has no final name yet. Closing drops it unless
 * it was published.
 */
public final class Staged implements AutoCloseable {
  private final Publisher publisher;
  private final BatchId batch;
  private final Path file;
  private final Stored stored;

  /** Through which it was written, until that is forced; null afterwards. */
  private FileChannel written;

  private boolean published;

  Staged(Publisher publisher, BatchId batch, Path file, Stored stored, FileChannel written) {
    this.publisher = publisher;
    this.batch = batch;
    this.file = file;
    this.stored = stored;
    this.written = written;
  }

  public Stored stored() {
    return stored;
  }

  void force() {
    try (FileChannel channel = written) {
      channel.force(true);
      written = null;
    } catch (IOException e) {
      throw StorageErrors.translate("storing an object", e);
    }
    Failpoint.reach("bytes-synced");
  }

  /**
   * Gives an object whose bytes are durable its final name; returns once that survives a power cut.
   *
   * @return what tells whether the object is still this one; null where nothing does
   */
  public ObjectStamp publish(LogicalPath path) {
    return publisher.publish(this, path);
  }

  BatchId batch() {
    return batch;
  }

  Path file() {
    return file;
  }

  /** It has its final name now. */
  void published() {
    published = true;
  }

  @Override
  public void close() {
    DirectoryByteStore.closeQuietly(written);
    if (!published) {
      DirectoryByteStore.deleteQuietly(file);
    }
  }
}
