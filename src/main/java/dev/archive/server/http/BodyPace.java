package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import java.time.Duration;

/**
 * How fast a body arrives. One byte now and then would hold a connection for ever, and never be
 * silent for long enough to be cut. Only the time that is spent waiting for it counts, not what is
 * done with it here.
 */
final class BodyPace {
  /** How long a body may take to get going. */
  static final Duration GRACE = Duration.ofSeconds(10);

  /** What must come in a second, on average over all the waiting. */
  static final long MIN_BYTES_PER_SECOND = 1024;

  /** How long nothing at all may come. */
  static final Duration MAX_SILENCE = Duration.ofSeconds(15);

  private long bytes;
  private long waited;
  private long since;
  private boolean waiting;

  /** From now on the next bytes are waited for. */
  synchronized void waits(long nanos) {
    since = nanos;
    waiting = true;
  }

  /** Some bytes arrived. */
  synchronized void arrived(long nanos, int more) {
    if (waiting) {
      waited += nanos - since;
      waiting = false;
    }
    bytes += more;
  }

  /**
   * Judges the body at a moment, whether anything arrives or not.
   *
   * @return why it ends here, or null where it goes on
   */
  synchronized ArchiveException tooSlow(long nanos) {
    long silence = waiting ? nanos - since : 0;
    Duration all = Duration.ofNanos(waited + silence);
    if (silence < MAX_SILENCE.toNanos()
        && (all.compareTo(GRACE) <= 0 || bytes >= MIN_BYTES_PER_SECOND * all.toSeconds())) {
      return null;
    }
    return new ArchiveException(
        ErrorCode.REQUEST_TIMEOUT,
        "the body arrives too slowly: "
            + Count.of(bytes, "byte")
            + " in "
            + Count.of(all.toSeconds(), "second")
            + "; it must have at least "
            + MIN_BYTES_PER_SECOND
            + " per second, and never pause for "
            + MAX_SILENCE.toSeconds()
            + " seconds");
  }
}
