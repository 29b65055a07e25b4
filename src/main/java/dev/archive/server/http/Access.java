package dev.archive.server.http;

/** What a call asks of its caller. */
public enum Access {
  /** Nothing: it tells nothing about any batch. */
  PUBLIC,
  /** A signature over the whole URL, and nothing else. */
  SIGNED_URL,
  /** The right to see batches. */
  READ,
  /** The right to change batches. */
  UPLOAD,
  /** The right to see how the server does, over all owners. */
  ADMIN
}
