package dev.archive.ledger;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Counts values by how large they are; any thread may record, and any may read meanwhile. */
public final class Histogram {
  private final long[] bounds;
  private final AtomicLongArray counts;
  private final LongAdder sum = new LongAdder();

  /**
   * Without values so far.
   *
   * @param bounds the upper bounds of the buckets, each included in its bucket, in rising order
   */
  Histogram(long... bounds) {
    this.bounds = bounds.clone();
    this.counts = new AtomicLongArray(bounds.length + 1);
  }

  void record(long value) {
    int bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]) {
      bucket++;
    }
    counts.incrementAndGet(bucket);
    sum.add(value);
  }

  /** How many buckets have an upper bound; one more has what is above all of them. */
  public int bounded() {
    return bounds.length;
  }

  /** The upper bound of a bucket, in the unit of the values. */
  public long bound(int bucket) {
    return bounds[bucket];
  }

  /** How many values are in a bucket, from 0 to {@link #bounded}. */
  public long count(int bucket) {
    return counts.get(bucket);
  }

  /** All values together. */
  public long sum() {
    return sum.sum();
  }
}
