package dev.archive.server.ingest;

import static dev.archive.server.ingest.Checks.requireUploading;

import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchState;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.storage.Incoming;
import java.nio.ByteBuffer;
import java.util.function.Supplier;

/**
 * Does what may store bytes of a batch, which is in use meanwhile, and may be given up meanwhile.
 */
final class BatchesInUse {
  private final BatchLedger ledger;
  private final Activity activity;
  private final GoneBatches gone;

  BatchesInUse(BatchLedger ledger, Activity activity, GoneBatches gone) {
    this.ledger = ledger;
    this.activity = activity;
    this.gone = gone;
  }

  /** Begins to take bytes for a batch, which is in use until they are closed. */
  <R> Incoming<R> receiving(BatchId id, Supplier<Incoming<R>> begin) {
    return new InUse<>(id, begin);
  }

  /** Bytes that arrive for a batch, which is in use until they are closed. */
  private final class InUse<R> implements Incoming<R> {
    private final BatchId id;
    private final Activity.UnderWay use;
    private final Incoming<R> bytes;

    InUse(BatchId id, Supplier<Incoming<R>> begin) {
      this.id = id;
      this.use = activity.begin(id);
      boolean begun = false;
      try {
        this.bytes = unlessGone(id, begin);
        begun = true;
      } finally {
        if (!begun) {
          use.close();
        }
      }
    }

    @Override
    public void write(ByteBuffer more) {
      unlessGone(
          id,
          () -> {
            bytes.write(more);
            return null;
          });
    }

    @Override
    public R finish() {
      return unlessGone(id, bytes::finish);
    }

    @Override
    public ArchiveException broken(ArchiveException why) {
      try {
        return unlessGone(
            id,
            () -> {
              throw bytes.broken(why);
            });
      } catch (ArchiveException told) {
        return told;
      }
    }

    @Override
    public void close() {
      bytes.close();
      use.close();
    }
  }

  /**
   * Does what may store bytes of a batch. Where the batch is given up meanwhile, either the one
   * that gives it up still finds those bytes, or the work finds out afterwards and removes them
   * here: no lock is needed, and none would reach other processes.
   */
  <T> T unlessGone(BatchId id, Supplier<T> work) {
    try (Activity.UnderWay use = activity.begin(id)) {
      return work.get();
    } catch (ArchiveException e) {
      BatchState batch = ledger.batch(id);
      if (batch.status().isGone()) {
        gone.remove(id);
        requireUploading(batch);
      }
      throw e;
    }
  }
}
