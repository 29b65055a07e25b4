package dev.archive.server.ingest;

import dev.archive.ledger.BatchLedger;
import dev.archive.model.BatchId;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Knows which batches are in use: what is under way in this process, and, told to the ledger now
 * and then, when a batch was last active.
 */
public final class Activity {
  private static final int MAX_ENTRIES = 10_000;
  private static final Duration MAX_INTERVAL = Duration.ofMinutes(1);

  private final BatchLedger ledger;
  private final Clock clock;
  private final Duration interval;
  private final Map<BatchId, Integer> underWay = new ConcurrentHashMap<>();
  private final Map<BatchId, Long> told =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<BatchId, Long> eldest) {
          return size() > MAX_ENTRIES;
        }
      };

  /** Work on a batch; closing ends it. */
  interface UnderWay extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Tells the ledger once a minute and batch at most, and ten times as often as it would matter.
   *
   * @param expireAfter how long a batch may be inactive
   */
  public Activity(BatchLedger ledger, Clock clock, Duration expireAfter) {
    this.ledger = ledger;
    this.clock = clock;
    Duration tenth = expireAfter.dividedBy(10);
    this.interval = tenth.compareTo(MAX_INTERVAL) < 0 ? tenth : MAX_INTERVAL;
  }

  /** Something begins on a batch, which is active from now until the end of it. */
  UnderWay begin(BatchId id) {
    underWay.merge(id, 1, Integer::sum);
    try {
      touch(id);
    } catch (RuntimeException e) {
      end(id);
      throw e;
    }
    return () -> end(id);
  }

  private void end(BatchId id) {
    underWay.computeIfPresent(id, (batch, works) -> works == 1 ? null : works - 1);
  }

  /** Whether this process works on a batch at this moment. */
  public boolean isUnderWay(BatchId id) {
    return underWay.containsKey(id);
  }

  /** Whether this process has worked on a batch, of the last {@value #MAX_ENTRIES}. */
  public boolean wasUsed(BatchId id) {
    synchronized (told) {
      return told.containsKey(id);
    }
  }

  private void touch(BatchId id) {
    long now = clock.millis();
    synchronized (told) {
      Long last = told.get(id);
      if (last != null && Math.abs(now - last) < interval.toMillis()) {
        return;
      }
      told.put(id, now);
    }
    try {
      ledger.touch(id, interval);
    } catch (RuntimeException e) {
      synchronized (told) {
        told.remove(id);
      }
      throw e;
    }
  }
}
