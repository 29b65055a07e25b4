package dev.archive.model;

import java.util.Locale;

/** Where a batch stands, in the words of the wire (lower case there). */
public enum BatchStatus {
  /** Files may be added and completed. */
  UPLOADING,
  /** Some deployments say so right after finalize. */
  DISCOVERY,
  /** Some deployments say so right after finalize. */
  PREPROCESSING,
  /** Finalized: nothing in it changes any more. */
  ENQUEUED,
  /** Work that comes after the archive has begun. */
  PROCESSING,
  /** Work that comes after the archive has succeeded. */
  COMPLETED,
  /** Work that comes after the archive has failed; the files are held all the same. */
  FAILED,
  /** Never finalized and abandoned; its bytes are gone. */
  EXPIRED,
  /** Given up by its uploader; its bytes are gone. */
  ABORTED;

  private final String word = name().toLowerCase(Locale.ROOT);

  /** Reads the word of the wire. */
  public static BatchStatus parse(String word) {
    for (BatchStatus status : values()) {
      if (status.toString().equals(word)) {
        return status;
      }
    }
    throw new ArchiveException(
        ErrorCode.BAD_ANSWER, "not the status of a batch: " + Text.quote(word));
  }

  /** Whether finalize took effect: the batch holds what it will ever hold. */
  public boolean isFinalized() {
    return switch (this) {
      case DISCOVERY, PREPROCESSING, ENQUEUED, PROCESSING, COMPLETED, FAILED -> true;
      case UPLOADING, EXPIRED, ABORTED -> false;
    };
  }

  /** Whether it ended without being finalized: it holds nothing any more. */
  public boolean isGone() {
    return this == EXPIRED || this == ABORTED;
  }

  @Override
  public String toString() {
    return word;
  }
}
