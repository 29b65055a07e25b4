package dev.archive.client.work;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * When a run has to have ended. One is made of {@code --timeout}, and everything that may block is
 * bounded by it: calls, answers that trickle, waits between attempts, locks, pools. It counts
 * elapsed time, not the time of day, so that no clock can move it.
 */
public final class Deadline {
  private static final Duration FOREVER = Duration.ofDays(36_500);

  private final long start = System.nanoTime();
  private final Duration length;

  private Deadline(Duration length) {
    this.length = length;
  }

  /** A deadline that far from now; null for none. */
  public static Deadline in(@Nullable Duration length) {
    return new Deadline(length == null ? FOREVER : length);
  }

  /** How much time is left; zero or less when it is over. */
  Duration left() {
    return length.minusNanos(System.nanoTime() - start);
  }

  public boolean isOver() {
    Duration left = left();
    return left.isNegative() || left.isZero();
  }

  /** The shorter of a time and of what is left; never negative. */
  Duration atMost(Duration time) {
    Duration left = left();
    Duration shorter = time.compareTo(left) < 0 ? time : left;
    return shorter.isNegative() ? Duration.ZERO : shorter;
  }

  /**
   * Ends a call at this deadline, the reading of its answer included.
   *
   * @param timeout of the call, before it begins
   */
  public void bound(okio.Timeout timeout) {
    if (!length.equals(FOREVER)) {
      timeout.timeout(Math.max(1, atMost(FOREVER).toNanos()), TimeUnit.NANOSECONDS);
    }
  }

  /**
   * Does nothing while there is time left.
   *
   * @throws ArchiveException {@link ErrorCode#TIMED_OUT}
   */
  public void check() {
    if (isOver()) {
      throw over();
    }
  }

  /** The same pauses, none of them longer than this deadline. */
  public Pause bound(Pause pause) {
    return time -> {
      Duration most = atMost(time);
      pause.last(most);
      if (most.compareTo(time) < 0 || isOver()) {
        throw over();
      }
    };
  }

  /** That the time is over. */
  public static ArchiveException over() {
    return new ArchiveException(
        ErrorCode.TIMED_OUT,
        "the time given with --timeout is over; nothing was finalized. What was proved is kept:"
            + " run the same command again to go on");
  }

  /** That the time is over, and that finalize was asked for and not answered. */
  public static ArchiveException overInFinalize(ArchiveException cause) {
    return new ArchiveException(
        ErrorCode.TIMED_OUT,
        "the time given with --timeout is over; whether the batch was finalized is unknown:"
            + " run the same command again to find out",
        cause);
  }
}
