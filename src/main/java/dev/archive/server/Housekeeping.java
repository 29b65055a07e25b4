package dev.archive.server;

import dev.archive.ledger.BatchLedger;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a server does now and then: the janitor's round, and, where the ledger has changed, a new
 * generation, so that a copy of the ledger made meanwhile is recognized as older.
 */
final class Housekeeping implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);

  private final Path root;
  private final BatchLedger ledger;
  private final Janitor janitor;
  private final Clock clock;
  private long seen;

  Housekeeping(Path root, BatchLedger ledger, Janitor janitor, Clock clock) {
    this.root = root;
    this.ledger = ledger;
    this.janitor = janitor;
    this.clock = clock;
    this.seen = ledger.changes();
  }

  @Override
  public void run() {
    janitor.run();
    try {
      if (ledger.changes() != seen) {
        ArchiveIdentity.renew(root, ledger, clock);
        seen = ledger.changes();
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("no new generation was begun; it is tried again later", e);
    }
  }
}
