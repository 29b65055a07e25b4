package dev.archive.model;

import java.util.Locale;

/** What a change of a batch was, in the words of the wire (lower case there). */
public enum EventKind {
  /** The batch was opened. */
  CREATED,
  /** A file was registered. */
  REGISTERED,
  /** A registered file was registered again: with another size, or a digest it had not before. */
  REPLACED,
  /** The registration of a file that was not complete was removed. */
  FORGOTTEN,
  /** The bytes of a file are held and checked. */
  COMPLETED,
  /** The bytes of a completed file were missing: it is uploading again. */
  REOPENED,
  /**
   * What was declared of the batch was replaced: the event has the bytes that it holds, and the
   * digest of the list of files that it goes without.
   */
  AMENDED,
  /** The batch is closed: its manifest's digest is the event's. */
  FINALIZED,
  /** The batch came to another status after that, or was given up. */
  STATUS,
  /** The batch is older than the history, which begins here, at the version it had reached. */
  ADOPTED;

  private final String word = name().toLowerCase(Locale.ROOT);

  /** Reads the word of the wire. */
  public static EventKind parse(String word) {
    for (EventKind kind : values()) {
      if (kind.toString().equals(word)) {
        return kind;
      }
    }
    throw new ArchiveException(
        ErrorCode.BAD_ANSWER, "not a kind of change of a batch: " + Text.quote(word));
  }

  @Override
  public String toString() {
    return word;
  }
}
