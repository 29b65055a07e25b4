package dev.archive.model;

import org.jspecify.annotations.Nullable;

/**
 * What asked for a change of a batch, as the batch's history names it.
 *
 * @param id the client's {@code Idempotency-Key}, or the server's own number of the request; one
 *     line of text
 * @param keyed whether the client chose it: what it asks for then takes effect at most once
 * @param request a digest of the whole request: a key belongs to one request; null where it is not
 *     known
 * @param owner who asks
 * @param condition at which version of the batch it may take effect
 */
public record Operation(
    String id, boolean keyed, @Nullable Sha256 request, Owner owner, VersionCondition condition) {
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
    return new Operation(key, true, null, Owner.DEFAULT, VersionCondition.NONE);
  }

  /** One that has no name but the server's. */
  public static Operation unnamed(String id) {
    return new Operation(id, false, null, Owner.DEFAULT, VersionCondition.NONE);
  }

  /** The same, asked for by a request of this digest. */
  public Operation of(Sha256 whole) {
    return new Operation(id, keyed, whole, owner, condition);
  }

  /** The same, asked for by an owner. */
  public Operation by(Owner other) {
    return new Operation(id, keyed, request, other, condition);
  }

  /**
   * What finds the batch again that this made: another owner's same key is another one, for no id
   * and no name of an owner has an end of a line.
   */
  public String ownedId() {
    return owner.equals(Owner.DEFAULT) ? id : owner + "\n" + id;
  }

  /** The same, only at a version. */
  public Operation when(VersionCondition holds) {
    return new Operation(id, keyed, request, owner, holds);
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
