package dev.archive.client;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Lets no time pass, and keeps how much would have. */
final class ImpatientPause implements Pause {
  final AtomicLong millis = new AtomicLong();
  final AtomicLong longest = new AtomicLong();

  @Override
  public void last(Duration time) {
    millis.addAndGet(time.toMillis());
    longest.accumulateAndGet(time.toMillis(), Math::max);
    Thread.yield();
  }
}
