package dev.archive.server.http;

import dev.archive.model.Owner;

/**
 * Who sent a request.
 *
 * @param owner to whom belongs what it makes
 * @param seesAll whether the batches of other owners are there for it
 * @param token the name of the token that it showed, or null
 */
record Caller(Owner owner, boolean seesAll, String token) {
  /** Of an archive that asks for no token. */
  static final Caller ANYBODY = new Caller(Owner.DEFAULT, true, null);

  /** Of calls that are about no batch of anybody, or are signed. */
  static final Caller NOBODY = new Caller(Owner.DEFAULT, false, null);

  /** Whether it is {@link #NOBODY}: an owner may be called like the one that stands for it. */
  @SuppressWarnings("ReferenceEquality")
  boolean isNobody() {
    return this == NOBODY;
  }
}
