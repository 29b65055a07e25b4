package dev.archive.ledger;

import java.time.Duration;
import java.util.function.LongSupplier;

/** How long the disk takes to make changes durable. */
final class CommitTime {
  private final LongSupplier nanos;
  private long last;
  private long began;
  private boolean underWay;

  CommitTime(LongSupplier nanos) {
    this.nanos = nanos;
  }

  synchronized void begin() {
    began = nanos.getAsLong();
    underWay = true;
  }

  synchronized void end() {
    last = nanos.getAsLong() - began;
    underWay = false;
  }

  synchronized boolean isUnderWay() {
    return underWay;
  }

  /** What the last commit took, or the one under way has taken so far where that is longer. */
  synchronized Duration longest() {
    return Duration.ofNanos(underWay ? Math.max(last, nanos.getAsLong() - began) : last);
  }
}
