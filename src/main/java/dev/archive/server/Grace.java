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
    begin(nanos.getAsLong(), clock.millis());
  }

  private void begin(long nowNanos, long nowMillis) {
    sinceNanos = nowNanos;
    sinceMillis = nowMillis;
  }

  /**
   * Whether the grace period is over; where the wall clock has jumped, a new one begins. A thread
   * that was stopped between reading the two clocks cannot tell a jump from the time it stood
   * still: then nothing expires in this round, and no period begins.
   */
  synchronized boolean isOver() {
    long before = nanos.getAsLong();
    long nowMillis = clock.millis();
    long after = nanos.getAsLong();
    if (after - before > MAX_DRIFT.toNanos()) {
      return false;
    }
    long passed = TimeUnit.NANOSECONDS.toMillis(after - sinceNanos);
    long shown = nowMillis - sinceMillis;
    if (Math.abs(shown - passed) > MAX_DRIFT.toMillis()) {
      begin(after, nowMillis);
      return period.isZero();
    }
    return passed >= period.toMillis();
  }
}
