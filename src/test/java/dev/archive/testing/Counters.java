package dev.archive.testing;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** Counts what goes through a proxy. */
final class Counters {
  final LongAdder connections = new LongAdder();
  final LongAdder requests = new LongAdder();
  final LongAdder upstreamFailures = new LongAdder();
  private final LongAdder receivedBytes = new LongAdder();
  private final LongAdder receivedBodyBytes = new LongAdder();
  private final LongAdder requestBytes = new LongAdder();
  private final LongAdder bodyBytes = new LongAdder();
  private final Map<Action.Kind, Long> faults = new EnumMap<>(Action.Kind.class);

  void received(long bytes, long payload) {
    receivedBytes.add(bytes);
    receivedBodyBytes.add(payload);
  }

  void forwarded(long bytes, long payload) {
    requestBytes.add(bytes);
    bodyBytes.add(payload);
  }

  void made(Action.Kind kind) {
    synchronized (faults) {
      faults.merge(kind, 1L, Long::sum);
      faults.notifyAll();
    }
  }

  /** Waits until so many faults of a kind have been made; returns whether they have. */
  boolean await(Action.Kind kind, long count, long millis) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    synchronized (faults) {
      while (faults.getOrDefault(kind, 0L) < count) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0) {
          return false;
        }
        faults.wait(left);
      }
      return true;
    }
  }

  Stats stats() {
    synchronized (faults) {
      return new Stats(
          connections.sum(),
          requests.sum(),
          receivedBytes.sum(),
          receivedBodyBytes.sum(),
          requestBytes.sum(),
          bodyBytes.sum(),
          upstreamFailures.sum(),
          Map.copyOf(faults));
    }
  }
}
