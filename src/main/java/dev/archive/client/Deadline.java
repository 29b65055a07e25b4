package dev.archive.client;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.time.Duration;

/**
 * When a run has to have ended. Counts elapsed time, not the time of day, so that no clock can move
 * it.
 */
final class Deadline {
  private static final Duration FOREVER = Duration.ofDays(36_500);

  private final long start = System.nanoTime();
  private final Duration length;

  private Deadline(Duration length) {
    this.length = length;
  }

  /** A deadline that far from now; null for none. */
  static Deadline in(Duration length) {
    return new Deadline(length == null ? FOREVER : length);
  }

  /** How much time is left; zero or less when it is over. */
  Duration left() {
    return length.minusNanos(System.nanoTime() - start);
  }

  boolean isOver() {
    return left().isNegative() || left().isZero();
  }

  /** That the time is over. */
  static ArchiveException over() {
    return new ArchiveException(
        ErrorCode.UNAVAILABLE,
        "the time given with --timeout is over; nothing was finalized. What was proved is kept:"
            + " run the same command again to go on");
  }
}
