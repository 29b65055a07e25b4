package dev.archive.model;

/**
 * What asked for a change of a batch, as the batch's history names it.
 *
 * @param id the client's {@code Idempotency-Key}, or the server's own number of the request; one
 *     line of text
 * @param keyed whether the client chose it: what it asks for then takes effect at most once
 */
public record Operation(String id, boolean keyed) {
  private static final int LONGEST = 255;

  public Operation {
    if (id.isBlank() || id.length() > LONGEST || !id.equals(Text.printable(id))) {
      throw new ArchiveException(
          ErrorCode.INVALID_REQUEST,
          "Idempotency-Key must not be empty, longer than "
              + LONGEST
              + " characters, or hold control characters");
    }
  }

  /** One that a client named. */
  public static Operation keyed(String key) {
    return new Operation(key, true);
  }

  /** One that has no name but the server's. */
  public static Operation unnamed(String id) {
    return new Operation(id, false);
  }

  @Override
  public String toString() {
    return id;
  }
}
