package dev.archive.server.ingest;

import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchState;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.storage.Quarantine;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves bytes out of quarantine again where the ledger knows their batch as uploading: they were
 * moved there under a ledger that was older, or under none.
 */
public final class PutBack {
  private static final Logger LOG = LoggerFactory.getLogger(PutBack.class);
  private static final String PLACE = "(staging|batches)/[0-7][0-9A-HJKMNP-TV-Z]{25}";

  private PutBack() {}

  public static void known(BatchLedger ledger, Quarantine quarantine) throws IOException {
    for (String name : quarantine.names()) {
      String from = quarantine.from(name);
      if (from == null || !from.matches(PLACE)) {
        continue;
      }
      BatchState batch = ledger.find(new BatchId(Path.of(from).getFileName().toString()));
      if (batch != null && batch.status() == BatchStatus.UPLOADING && quarantine.putBack(name)) {
        LOG.warn("moved quarantine/{} back to {}: the ledger knows its batch", name, from);
      }
    }
  }
}
