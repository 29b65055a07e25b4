package dev.archive.server;

import dev.archive.bagit.TagFiles;
import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchState;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.storage.DirectoryByteStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what nobody will come back for: batches that were abandoned, and bytes that belong to no
 * batch that could use them. A finished bag is never removed, whatever the ledger says of it: where
 * a ledger was lost, the bags are all there is.
 */
final class Janitor implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Janitor.class);

  private final BatchLedger ledger;
  private final DirectoryByteStore store;
  private final Activity activity;
  private final Clock clock;
  private final Duration expireAfter;

  Janitor(
      BatchLedger ledger,
      DirectoryByteStore store,
      Activity activity,
      Clock clock,
      Duration expireAfter) {
    this.ledger = ledger;
    this.store = store;
    this.activity = activity;
    this.clock = clock;
    this.expireAfter = expireAfter;
  }

  /** One round; what fails in it is logged, and tried again in the next. */
  @Override
  public void run() {
    try {
      expire();
      sweepStaging();
      sweepBags();
    } catch (RuntimeException e) {
      LOG.warn("housekeeping was not finished; it is tried again later", e);
    }
  }

  private void expire() {
    Instant idleSince = clock.instant().minus(expireAfter);
    for (BatchId id : ledger.idle(idleSince)) {
      if (stopped()) {
        return;
      }
      if (activity.isUnderWay(id)) {
        ledger.touch(id, Duration.ZERO);
      } else if (isBag(id) && !store.isClosing(id)) {
        LOG.warn("batch {} would expire, but it is a whole bag; it is kept", id);
      } else if (ledger.expire(id, idleSince)) {
        store.remove(id);
        LOG.info("batch {} expired: no activity for {}", id, expireAfter);
      }
    }
  }

  private void sweepStaging() {
    // The directories first, their batches after: a batch is recorded before it has a directory.
    for (BatchId id : store.staged()) {
      BatchState batch = stopped() ? null : ledger.find(id);
      if (stopped()) {
        return;
      }
      if (batch == null || batch.status() != BatchStatus.UPLOADING) {
        store.endStaging(id);
      }
    }
  }

  private void sweepBags() {
    for (BatchId id : store.bags()) {
      if (stopped()) {
        return;
      }
      BatchState batch = ledger.find(id);
      if (batch == null ? !isBag(id) : batch.status().isGone()) {
        store.remove(id);
        LOG.info("removed what was left of batch {}", id);
      }
    }
  }

  /**
   * The last tag file is written right before a batch counts as finalized. Where that was cut short
   * the batch is uploading still, and the store knows that its bag was only being closed.
   */
  private boolean isBag(BatchId id) {
    return store.hasTag(id, TagFiles.TAG_MANIFEST);
  }

  private static boolean stopped() {
    return Thread.currentThread().isInterrupted();
  }
}
