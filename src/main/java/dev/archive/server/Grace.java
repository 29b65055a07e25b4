package dev.archive.server;

import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Tells when a batch may expire by the wall clock: not for a while after the start, and not for a
 * while after that clock jumped, which is seen against a monotonic one. Uploaders get this time to
 * come back.
 */
final class Grace {
  /** A clock that is corrected by less, in all, has not jumped. */
  static final Duration MAX_DRIFT = Duration.ofMinutes(1);

  private final Clock clock;
  private final LongSupplier nanos;
  private final Duration period;
  private long sinceNanos;
  private long sinceMillis;

  /**
   * Begins a grace period.
   *
   * @param nanos a monotonic clock, in nanoseconds
   */
  Grace(Clock clock, LongSupplier nanos, Duration period) {
    this.clock = clock;
    this.nanos = nanos;
    this.period = period;
    begin();
  }

  private void begin() {
    sinceNanos = nanos.getAsLong();
    sinceMillis = clock.millis();
  }

  /** Whether the grace period is over; where the wall clock has jumped, a new one begins. */
  synchronized boolean isOver() {
    long passed = TimeUnit.NANOSECONDS.toMillis(nanos.getAsLong() - sinceNanos);
    long shown = clock.millis() - sinceMillis;
    if (Math.abs(shown - passed) > MAX_DRIFT.toMillis()) {
      begin();
      return period.isZero();
    }
    return passed >= period.toMillis();
  }
}
