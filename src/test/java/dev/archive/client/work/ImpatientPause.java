package dev.archive.client.work;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Lets no time pass, and keeps how much would have. */
public final class ImpatientPause implements Pause {
  public final AtomicLong millis = new AtomicLong();
  public final AtomicLong longest = new AtomicLong();

  @Override
  public void last(Duration time) {
    millis.addAndGet(time.toMillis());
    longest.accumulateAndGet(time.toMillis(), Math::max);
    Thread.yield();
  }
}
