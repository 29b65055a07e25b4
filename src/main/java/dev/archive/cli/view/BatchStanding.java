package dev.archive.cli.view;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Text;
import org.jspecify.annotations.Nullable;

/** What the status that a server tells of a batch means for a person who relies on the batch. */
public enum BatchStanding {
  /** The batch was finalized: it holds what it will ever hold. */
  FINALIZED("", ""),
  /** Finalized, too: only what comes after the archive went wrong. */
  PROCESSING_FAILED(
      "was finalized and its files are held, but processing it failed afterwards",
      "ask the people who run the server"),
  /** Never finalized: files may be added or dropped, and the batch may expire. */
  UNFINISHED(
      "was never finalized: nothing in it is archived yet, and it may expire",
      "run the same archive upload again, or archive resume"),
  /** Aborted or expired. */
  GONE(
      "was never finalized and holds nothing any more; nothing was compared",
      "archive the files again with archive upload"),
  /** A word that this version does not know. */
  UNKNOWN(
      "has a status that this version does not know: whether it was finalized is unknown",
      "use a newer version of archive");

  private final String meaning;
  private final String next;

  BatchStanding(String meaning, String next) {
    this.meaning = meaning;
    this.next = next;
  }

  /** The standing of a batch with this status, as the server words it. */
  public static BatchStanding of(String status) {
    try {
      BatchStatus parsed = BatchStatus.parse(status);
      if (parsed == BatchStatus.FAILED) {
        return PROCESSING_FAILED;
      }
      return parsed.isFinalized() ? FINALIZED : parsed.isGone() ? GONE : UNFINISHED;
    } catch (ArchiveException e) {
      return UNKNOWN;
    }
  }

  /** Whether the batch is known to have been finalized. */
  public boolean isFinalized() {
    return this == FINALIZED || this == PROCESSING_FAILED;
  }

  /** One line for a person, or null where there is nothing to say. */
  public @Nullable String sentence(BatchId batch, String status) {
    return this == FINALIZED
        ? null
        : "batch " + batch + " (" + Text.brief(status) + ") " + meaning + "; " + next;
  }
}
