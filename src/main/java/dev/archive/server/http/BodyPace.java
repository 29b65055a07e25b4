package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.Limit;
import dev.archive.model.Limits;
import java.time.Duration;

/**
 * How fast a body arrives. One byte now and then would hold a connection for ever, and never be
 * silent for long enough to be cut. Only the time that is spent waiting for it counts, not what is
 * done with it here.
 */
final class BodyPace {
  private final Limits limits;
  private long bytes;
  private long waited;
  private long since;
  private boolean waiting;

  /**
   * Of a body of which nothing has come.
   *
   * @param limits with the longest silence, and the least rate
   */
  BodyPace(Limits limits) {
    this.limits = limits;
  }

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
    Duration maxSilence = limits.time(Limit.BODY_SILENCE);
    long rate = limits.of(Limit.BODY_RATE);
    if (silence < maxSilence.toNanos()
        && (all.compareTo(limits.time(Limit.BODY_GRACE)) <= 0 || bytes >= rate * all.toSeconds())) {
      return null;
    }
    return new ArchiveException(
        ErrorCode.REQUEST_TIMEOUT,
        "the body arrives too slowly: "
            + Count.of(bytes, "byte")
            + " in "
            + Count.of(all.toSeconds(), "second")
            + "; it must have at least "
            + rate
            + " per second, and never pause for "
            + Limit.BODY_SILENCE.text(maxSilence.toMillis()));
  }
}
