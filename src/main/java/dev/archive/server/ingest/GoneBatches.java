package dev.archive.server.ingest;

import dev.archive.bagit.TagFiles;
import dev.archive.ledger.BatchLedger;
import dev.archive.model.BatchId;
import dev.archive.server.bag.BagFiles;
import dev.archive.storage.ByteStore;
import java.time.Clock;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the bytes of batches that were aborted or have expired, and nothing else: what nobody
 * registered goes into quarantine.
 */
public final class GoneBatches {
  private static final Logger LOG = LoggerFactory.getLogger(GoneBatches.class);

  /** The files of a bag beside its payload. */
  static final Set<String> TAGS = BagFiles.NAMES;

  private final BatchLedger ledger;
  private final ByteStore store;
  private final Clock clock;

  public GoneBatches(BatchLedger ledger, ByteStore store, Clock clock) {
    this.ledger = ledger;
    this.store = store;
    this.clock = clock;
  }

  /** Removes what is there of a batch that is gone; again, it removes what came since. */
  public void remove(BatchId id) {
    if (store.remove(id, TAGS, paths -> ledger.everRegistered(id, paths))) {
      setAside(id, true, "the batch is gone, and these are not its files");
    }
  }

  /**
   * Whether a bag was finished. The last tag file is written right before a batch counts as
   * finalized; where that was cut short, the store knows that the bag was only being closed.
   */
  public boolean isWholeBag(BatchId id) {
    return store.hasTag(id, TagFiles.TAG_MANIFEST) && !store.isClosing(id);
  }

  /** Moves what lies of a batch, as a bag or staged, into quarantine. */
  public void setAside(BatchId id, boolean bag, String why) {
    String entry = store.setAside(id, bag, why, clock.instant());
    if (entry != null) {
      LOG.warn("moved bytes of batch {} to quarantine/{}: {}", id, entry, why);
    }
  }
}
