package dev.archive.model;

/**
 * What asked for a change of a batch, as the batch's history names it.
 *
 * @param id the client's {@code Idempotency-Key}, or the server's own number of the request; one
 *     line of text
 * @param keyed whether the client chose it: what it asks for then takes effect at most once
 * @param request a digest of the whole request: a key belongs to one request; null where it is not
 *     known
 * @param condition at which version of the batch it may take effect
 */
public record Operation(String id, boolean keyed, Sha256 request, VersionCondition condition) {
  private static final int MAX_LENGTH = 255;

  public Operation {
    if (id.isBlank() || id.length() > MAX_LENGTH || !id.equals(Text.printable(id))) {
      throw new ArchiveException(
          ErrorCode.INVALID_REQUEST,
          "Idempotency-Key must not be empty, longer than "
              + MAX_LENGTH
              + " characters, or hold control characters");
    }
  }

  /** One that a client named. */
  public static Operation keyed(String key) {
    return new Operation(key, true, null, VersionCondition.NONE);
  }

  /** One that has no name but the server's. */
  public static Operation unnamed(String id) {
    return new Operation(id, false, null, VersionCondition.NONE);
  }

  /** The same, asked for by a request of this digest. */
  public Operation of(Sha256 whole) {
    return new Operation(id, keyed, whole, condition);
  }

  /** The same, only at a version. */
  public Operation when(VersionCondition holds) {
    return new Operation(id, keyed, request, holds);
  }

  /** The same after a first part of it took effect: the version has moved on by itself. */
  public Operation goneOn() {
    return when(VersionCondition.NONE);
  }

  @Override
  public String toString() {
    return id;
  }
}
