package dev.archive.server;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicReference;

/** A clock that stands until it is moved. */
public final class SettableClock extends Clock {
  private final AtomicReference<Reading> reading =
      new AtomicReference<>(new Reading(0, Instant.parse("2026-11-24T12:00:00Z")));

  /** What both clocks show; they move together, for a server reads them from other threads. */
  private record Reading(long nanos, Instant now) {}

  /** Time passes, on the monotonic clock too. */
  public void advance(Duration by) {
    long passed = by.isNegative() ? 0 : by.toNanos();
    reading.updateAndGet(old -> new Reading(old.nanos + passed, old.now.plus(by)));
  }

  /** The clock is set, though no time has passed. */
  public void jump(Duration by) {
    reading.updateAndGet(old -> new Reading(old.nanos, old.now.plus(by)));
  }

  /** The monotonic clock beside this one. */
  public long nanos() {
    return reading.get().nanos;
  }

  @Override
  public Instant instant() {
    return reading.get().now;
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException();
  }
}
