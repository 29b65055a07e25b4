package dev.archive.storage;

import dev.archive.durable.Failpoint;
import dev.archive.model.BatchId;
import dev.archive.model.LogicalPath;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** An object that lies under a temporary name in the staging directory of its batch. */
final class StagedFile implements Staged {
  private final Publisher publisher;
  private final BatchId batch;
  private final Path file;
  private final Stored stored;

  /** Through which it was written, until that is forced; null afterwards. */
  private @Nullable FileChannel written;

  private boolean published;

  StagedFile(
      Publisher publisher, BatchId batch, Path file, Stored stored, @Nullable FileChannel written) {
    this.publisher = publisher;
    this.batch = batch;
    this.file = file;
    this.stored = stored;
    this.written = written;
  }

  @Override
  public Stored stored() {
    return stored;
  }

  void force() {
    if (written == null) {
      throw new IllegalStateException("the object is forced already");
    }
    try (FileChannel channel = written) {
      channel.force(true);
      written = null;
    } catch (IOException e) {
      throw StorageErrors.translate("storing an object", e);
    }
    Failpoint.reach("bytes-synced");
  }

  @Override
  public @Nullable ObjectStamp publish(LogicalPath path) {
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
