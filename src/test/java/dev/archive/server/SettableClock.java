package dev.archive.server;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that stands until it is moved. */
public final class SettableClock extends Clock {
  private final AtomicLong nanos = new AtomicLong();
  private volatile Instant now = Instant.parse("2026-11-24T12:00:00Z");

  /** Time passes, on the monotonic clock too. */
  public void advance(Duration by) {
    if (!by.isNegative()) {
      nanos.addAndGet(by.toNanos());
    }
    now = now.plus(by);
  }

  /** The clock is set, though no time has passed. */
  public void jump(Duration by) {
    now = now.plus(by);
  }

  /** The monotonic clock beside this one. */
  public long nanos() {
    return nanos.get();
  }

  @Override
  public Instant instant() {
    return now;
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
