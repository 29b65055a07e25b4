package dev.archive.server.http;

import dev.archive.ledger.BatchLedger;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.Owner;

/** Keeps the batches of each owner from all others. */
public final class Owners {
  private final BatchLedger ledger;

  public Owners(BatchLedger ledger) {
    this.ledger = ledger;
  }

  /** To whom a batch belongs; null where there is none. */
  Owner of(BatchId batch) {
    return ledger.owner(batch);
  }

  /**
   * Refuses a batch that is not there for a caller, in the same words whether it is another's or
   * nobody's.
   *
   * @throws ArchiveException {@link ErrorCode#BATCH_NOT_FOUND}
   */
  void require(BatchId batch, Caller caller) {
    if (!caller.seesAll() && !caller.owner().equals(ledger.owner(batch))) {
      throw new ArchiveException(ErrorCode.BATCH_NOT_FOUND, "Batch not found");
    }
  }
}
