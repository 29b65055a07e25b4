package dev.archive.server;

import dev.archive.bagit.PayloadManifest;
import dev.archive.bagit.TagFiles;
import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchState;
import dev.archive.model.BatchId;
import dev.archive.storage.DirectoryByteStore;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares state and bytes when a server starts, without reading any payload: whatever does not fit
 * is told, in the log and to whoever asks whether the server is ready. Nothing is repaired.
 */
final class StartCheck {
  private static final Logger LOG = LoggerFactory.getLogger(StartCheck.class);
  private static final int PAGE = 1000;
  private static final int MOST_NAMED = 100;

  private final List<String> warnings = new ArrayList<>();
  private long more;

  private StartCheck() {}

  /** One sentence for each of the first hundred things that do not fit, and one for the rest. */
  static List<String> warnings(BatchLedger ledger, DirectoryByteStore store) {
    StartCheck check = new StartCheck();
    List<BatchState> page = ledger.list(null, null, PAGE);
    while (!page.isEmpty()) {
      for (BatchState batch : page) {
        if (batch.status().isFinalized()) {
          check.bagOf(batch.id(), store);
        }
      }
      page = ledger.list(null, page.get(page.size() - 1).id(), PAGE);
    }
    for (BatchId id : store.bags()) {
      if (ledger.find(id) == null && store.hasTag(id, TagFiles.TAG_MANIFEST)) {
        check.warn("batch " + id + " is a bag here, but the ledger does not know it; it is kept");
      }
    }
    if (check.more > 0) {
      check.warnings.add("and " + check.more + " more; the log names them all");
    }
    return List.copyOf(check.warnings);
  }

  private void bagOf(BatchId id, DirectoryByteStore store) {
    if (!store.hasBag(id)) {
      warn("batch " + id + " is finalized, but its bag is missing");
    } else if (!store.hasTag(id, PayloadManifest.NAME)) {
      warn("batch " + id + " is finalized, but " + PayloadManifest.NAME + " of its bag is missing");
    }
  }

  private void warn(String warning) {
    LOG.warn(warning);
    if (warnings.size() < MOST_NAMED) {
      warnings.add(warning);
    } else {
      more++;
    }
  }
}
