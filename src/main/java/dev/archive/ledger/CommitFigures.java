package dev.archive.ledger;

/** What the commits of this process were like, for those who watch it. */
public final class CommitFigures {
  private static final long MILLISECOND = 1_000_000;

  private final Histogram sizes = new Histogram(1, 4, 16, 64, 256, 1024);
  private final Histogram times = durations();
  private final Histogram waits = durations();

  CommitFigures() {}

  private static Histogram durations() {
    return new Histogram(
        MILLISECOND,
        5 * MILLISECOND,
        25 * MILLISECOND,
        100 * MILLISECOND,
        500 * MILLISECOND,
        2_500 * MILLISECOND,
        10_000 * MILLISECOND);
  }

  /** How many changes each commit made durable. */
  public Histogram sizes() {
    return sizes;
  }

  /** What each commit took, in nanoseconds. */
  public Histogram times() {
    return times;
  }

  /** How long each change waited until it was durable, in nanoseconds. */
  public Histogram waits() {
    return waits;
  }
}
