package dev.archive.ledger;

import dev.archive.model.Sha256;
import java.time.Instant;

/**
 * A file of a batch as the ledger knows it.
 *
 * @param registration what was said of it
 * @param sha256 of the bytes that were stored; null until completed
 * @param completedAt null until completed
 * @param version the batch's version at its last change
 */
public record EntryState(
    Registration registration, Sha256 sha256, Instant completedAt, long version) {
  public boolean completed() {
    return completedAt != null;
  }
}
