package dev.archive.testing;

/** Which half of an exchange a fault acts on. */
public enum Direction {
  /** Client to upstream. */
  REQUEST,
  /** Upstream to client. */
  RESPONSE
}
