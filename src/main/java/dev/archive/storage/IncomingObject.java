package dev.archive.storage;

import dev.archive.durable.Failpoint;
import dev.archive.durable.HeldDirectory;
import dev.archive.model.BatchId;
import dev.archive.model.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** An object that is arriving. */
final class IncomingObject implements Incoming<Staged> {
  private final Publisher publisher;
  private final BatchId batch;
  private final @Nullable HeldDirectory alone;
  private final Path temp;
  private final FileChannel channel;
  private final ExactSize count;
  private final long size;
  private final MessageDigest digest = Sha256.newDigest();
  private boolean done;

  /**
   * Begins.
   *
   * @param alone is closed with this, and the object is durable when it is finished; null where it
   *     comes in a group
   */
  IncomingObject(
      Publisher publisher,
      HeldDirectory directory,
      BatchId batch,
      long size,
      @Nullable HeldDirectory alone) {
    publisher.places().requireRoom(size);
    this.publisher = publisher;
    this.batch = batch;
    this.alone = alone;
    this.size = size;
    this.count = new ExactSize(size);
    this.temp = publisher.places().temporary(batch);
    try {
      this.channel =
          directory.open(
              temp.getFileName(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw StorageErrors.translate("storing an object", e);
    }
  }

  @Override
  public void write(ByteBuffer bytes) {
    count.add(bytes);
    try {
      digest.update(bytes.duplicate());
      DirectoryByteStore.writeFully(channel, bytes);
    } catch (IOException e) {
      throw StorageErrors.translate("storing an object", e);
    }
  }

  @Override
  public StagedFile finish() {
    count.requireAll();
    Failpoint.reach("bytes-written");
    StagedFile staged =
        new StagedFile(publisher, batch, temp, new Stored(size, Sha256.of(digest)), channel);
    if (alone != null) {
      staged.force();
    }
    done = true;
    return staged;
  }

  @Override
  public void close() {
    if (alone != null) {
      alone.close();
    }
    if (!done) {
      DirectoryByteStore.closeQuietly(channel);
      DirectoryByteStore.deleteQuietly(temp);
    }
  }
}
