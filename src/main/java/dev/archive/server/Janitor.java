package dev.archive.server;

import dev.archive.bagit.TagFiles;
import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchState;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.server.ingest.Activity;
import dev.archive.server.ingest.GoneBatches;
import dev.archive.storage.ByteStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what nobody will come back for: batches that were abandoned, and bytes of batches that
 * have ended. What the ledger does not know goes into quarantine, and a finished bag stays where it
 * is, even against the ledger: where a ledger was lost, the bags are all there is.
 */
final class Janitor implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Janitor.class);
  private static final String UNKNOWN = "the ledger does not know the batch";

  private final BatchLedger ledger;
  private final ByteStore store;
  private final GoneBatches gone;
  private final Activity activity;
  private final Clock clock;
  private final Duration expireAfter;
  private final @Nullable Grace grace;

  /**
   * Sets it up.
   *
   * @param grace when batches may expire; null where they do not expire in these rounds
   */
  Janitor(
      BatchLedger ledger,
      ByteStore store,
      Activity activity,
      Clock clock,
      Duration expireAfter,
      @Nullable Grace grace) {
    this.ledger = ledger;
    this.store = store;
    this.gone = new GoneBatches(ledger, store, clock);
    this.activity = activity;
    this.clock = clock;
    this.expireAfter = expireAfter;
    this.grace = grace;
  }

  /**
   * One round, after the one under way; what fails in it is logged, and tried again in the next.
   */
  @Override
  public synchronized void run() {
    try {
      if (grace != null && grace.isOver()) {
        Instant idleSince = clock.instant().minus(expireAfter);
        ledger.idle(idleSince).forEach(id -> expire(id, idleSince));
      }
      sweepStaging();
      sweepBags();
    } catch (RuntimeException e) {
      LOG.warn("housekeeping was not finished; it is tried again later", e);
    }
  }

  /**
   * Ends the batches that were overdue already at the end of an earlier command, at least {@code
   * wait} ago, and were not used by this one. A command alone cannot tell an overdue batch from a
   * clock that has jumped.
   */
  void expireUnused(@Nullable Duration wait) {
    Instant now = clock.instant();
    List<BatchId> overdue =
        ledger.idle(now.minus(expireAfter)).stream().filter(id -> !activity.wasUsed(id)).toList();
    Instant noted = ledger.overdueSince();
    boolean known = noted != null && !noted.isAfter(now);
    if (overdue.isEmpty() ? noted != null : !known) {
      ledger.noteOverdue(overdue.isEmpty() ? null : now);
    } else if (known && !noted.isAfter(now.minus(wait))) {
      overdue.forEach(id -> expire(id, noted.minus(expireAfter)));
      ledger.noteOverdue(null);
    }
  }

  private void expire(BatchId id, Instant idleSince) {
    if (stopped()) {
      return;
    }
    if (activity.isUnderWay(id)) {
      ledger.touch(id, Duration.ZERO);
    } else if (gone.isWholeBag(id)) {
      LOG.warn("batch {} would expire, but it is a whole bag; it is kept", id);
    } else if (ledger.expire(id, idleSince)) {
      gone.remove(id);
      LOG.info("batch {} expired: no activity for {}", id, expireAfter);
    }
  }

  private void sweepStaging() {
    // The directories first, their batches after: a batch is recorded before it has a directory.
    for (BatchId id : store.staged()) {
      BatchState batch = stopped() ? null : ledger.find(id);
      if (stopped()) {
        return;
      }
      if (batch == null) {
        gone.setAside(id, false, UNKNOWN);
      } else if (batch.status() != BatchStatus.UPLOADING) {
        store.endStaging(id);
        gone.setAside(
            id, false, "the batch is " + batch.status() + ", and these are not its files");
      }
    }
  }

  private void sweepBags() {
    for (BatchId id : store.bags()) {
      if (stopped()) {
        return;
      }
      BatchState batch = ledger.find(id);
      if (batch == null && !store.hasTag(id, TagFiles.TAG_MANIFEST)) {
        gone.setAside(id, true, UNKNOWN);
      } else if (batch != null && batch.status().isGone()) {
        if (gone.isWholeBag(id)) {
          gone.setAside(id, true, "the batch is " + batch.status() + ", but this is a whole bag");
        } else {
          gone.remove(id);
          LOG.info("removed what was left of batch {}", id);
        }
      }
    }
  }

  private static boolean stopped() {
    return Thread.currentThread().isInterrupted();
  }
}
