package dev.archive.model;

import java.util.Locale;

/** What can be wrong with a stored object, in the words of the wire (lower case there). */
public enum Defect {
  /** Its bytes are not those that were stored, or it is no file any more. */
  ALTERED,
  /** The disk does not give its bytes, so that nobody knows. */
  UNREADABLE,
  /** The ledger knows it and it is not there. */
  MISSING,
  /** It is there and the ledger does not know it. */
  EXTRA,
  /** Its upload has not been completed: nothing was promised yet. */
  UNFINISHED;

  /** Reads the word of the wire. */
  public static Defect parse(String word) {
    for (Defect defect : values()) {
      if (defect.toString().equals(word)) {
        return defect;
      }
    }
    throw new ArchiveException(
        ErrorCode.BAD_ANSWER, "not a defect of a stored object: " + Text.quote(word));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
