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
 * @param readAt when its stored bytes were last read again and found right, or null
 */
public record EntryState(
    Registration registration, Sha256 sha256, Instant completedAt, long version, Instant readAt) {
  /** One of which the bytes were not read again. */
  public EntryState(Registration registration, Sha256 sha256, Instant completedAt, long version) {
    this(registration, sha256, completedAt, version, null);
  }

  public boolean completed() {
    return completedAt != null;
  }
}
