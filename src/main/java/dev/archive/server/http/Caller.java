package dev.archive.server.http;

import dev.archive.model.Owner;

/**
 * Who sent a request.
 *
 * @param owner to whom belongs what it makes
 * @param seesAll whether the batches of other owners are there for it
 */
record Caller(Owner owner, boolean seesAll) {
  /** Of an archive that asks for no token. */
  static final Caller ANYBODY = new Caller(Owner.DEFAULT, true);

  /** Of calls that are about no batch of anybody, or are signed. */
  static final Caller NOBODY = new Caller(Owner.DEFAULT, false);
}
