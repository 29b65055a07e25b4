package dev.archive.server;

import dev.archive.bagit.PayloadManifest;
import dev.archive.bagit.TagFiles;
import dev.archive.durable.LocalErrors;
import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchState;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.storage.ByteStore;
import dev.archive.storage.Quarantine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares state and bytes when a server starts, without reading any payload: what does not fit is
 * told, in the log and by the readiness check. Nothing is repaired; a ledger that is older than the
 * bags is refused.
 */
final class StartCheck {
  private static final Logger LOG = LoggerFactory.getLogger(StartCheck.class);
  private static final int PAGE = 1000;
  private static final int MAX_NAMED = 100;

  private final List<String> warnings = new ArrayList<>();
  private long more;

  private StartCheck() {}

  /**
   * Returns one sentence for each of the first hundred things that do not fit, and one for the
   * rest.
   *
   * @param alone whether nobody else can be finalizing a batch
   * @throws ArchiveException {@link ErrorCode#USAGE} where the ledger calls a batch uploading that
   *     was finalized
   */
  static List<String> warnings(
      BatchLedger ledger, ByteStore store, Quarantine quarantine, boolean alone) {
    StartCheck check = new StartCheck();
    List<BatchState> page = ledger.list(null, null, PAGE);
    while (!page.isEmpty()) {
      for (BatchState batch : page) {
        if (batch.status().isFinalized()) {
          check.bagOf(batch.id(), store);
        } else if (alone && batch.status() == BatchStatus.UPLOADING) {
          requireNoBag(batch.id(), store);
        }
      }
      page = ledger.list(null, page.get(page.size() - 1).id(), PAGE);
    }
    for (BatchId id : store.bags()) {
      if (ledger.find(id) == null && store.hasTag(id, TagFiles.TAG_MANIFEST)) {
        check.warn("batch " + id + " is a bag here, but the ledger does not know it; it is kept");
      }
    }
    check.quarantine(quarantine);
    if (check.more > 0) {
      check.warnings.add("and " + check.more + " more; the log names them all");
    }
    return List.copyOf(check.warnings);
  }

  private void bagOf(BatchId id, ByteStore store) {
    if (!store.hasBag(id)) {
      warn("batch " + id + " is finalized, but its bag is missing");
    } else if (!store.hasTag(id, PayloadManifest.NAME)) {
      warn("batch " + id + " is finalized, but " + PayloadManifest.NAME + " of its bag is missing");
    }
  }

  private static void requireNoBag(BatchId id, ByteStore store) {
    if (store.hasTag(id, TagFiles.TAG_MANIFEST) && !store.isClosing(id)) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the ledger is older than the archive: it calls batch "
              + id
              + " uploading, which is a whole bag: not started, nothing was changed; put the latest"
              + " ledger back, or run archive rebuild");
    }
  }

  private void quarantine(Quarantine quarantine) {
    try {
      int entries = quarantine.names().size();
      if (entries > 0) {
        warnings.add(
            "quarantine holds "
                + Count.of(entries, "entry")
                + "; archive quarantine list names them");
      }
    } catch (IOException e) {
      warn("the quarantine cannot be read: " + LocalErrors.fileAndReason(e));
    }
  }

  private void warn(String warning) {
    LOG.warn(warning);
    if (warnings.size() < MAX_NAMED) {
      warnings.add(warning);
    } else {
      more++;
    }
  }
}
