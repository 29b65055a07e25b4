package dev.archive.storage;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that all spools of a store may hold together. Silent senders and slow readers can take
 * all of it and no more; then the others use files.
 */
final class SpoolMemory {
  /** In bytes: the bundles of eight honest senders, 2 MiB each. */
  private static final long MAX_BYTES = 16 << 20;

  private final AtomicLong taken = new AtomicLong();

  /** Takes so many bytes; false where there is not so much left. */
  boolean take(long bytes) {
    if (taken.addAndGet(bytes) <= MAX_BYTES) {
      return true;
    }
    taken.addAndGet(-bytes);
    return false;
  }

  /** Gives back what was taken. */
  void give(long bytes) {
    taken.addAndGet(-bytes);
  }

  /** How many bytes are taken. */
  long taken() {
    return taken.get();
  }
}
