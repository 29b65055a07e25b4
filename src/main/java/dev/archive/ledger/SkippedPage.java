package dev.archive.ledger;

/**
 * Some of the files that a batch goes without.
 *
 * @param lines whole lines, as finalize got them
 * @param next how many characters of the list come before the next page; null at the end
 */
public record SkippedPage(String lines, Long next) {
  /** In characters, by code points; no line is longer. */
  static final int MAX_CHARACTERS = 1 << 16;

  /** Cuts a piece of a list behind its last whole line. */
  static SkippedPage of(String piece, long from, long length) {
    String lines = piece.substring(0, piece.lastIndexOf('\n') + 1);
    long next = from + lines.codePointCount(0, lines.length());
    return new SkippedPage(lines, lines.isEmpty() || next >= length ? null : next);
  }
}
