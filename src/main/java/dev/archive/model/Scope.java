package dev.archive.model;

import java.util.Locale;

/** What a token allows; each allows what those before it do. */
public enum Scope {
  /** To see the batches of its owner. */
  READ,
  /** To make and change them. */
  UPLOAD,
  /** To see and change the batches of every owner. */
  ADMIN;

  /** Whether this allows what another does. */
  public boolean includes(Scope other) {
    return compareTo(other) >= 0;
  }

  /**
   * The scope of a word.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE}
   */
  public static Scope parse(String word) {
    for (Scope each : values()) {
      if (each.toString().equals(word)) {
        return each;
      }
    }
    throw new ArchiveException(
        ErrorCode.USAGE, "a scope is read, upload or admin, not " + Text.quote(word));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
