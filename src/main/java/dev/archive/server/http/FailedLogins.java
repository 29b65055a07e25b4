package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Counts the wrong tokens of each address. Who shows a right one is served all the same, so that a
 * stranger behind the same address keeps nobody out.
 */
public final class FailedLogins {
  static final Duration WINDOW = Duration.ofMinutes(1);

  /** Of the addresses that failed last. */
  private static final int MAX_ADDRESSES = 10_000;

  private final LongSupplier nanos;
  private final long max;
  private final Map<String, Count> counts =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Count> eldest) {
          return size() > MAX_ADDRESSES;
        }
      };

  private static final class Count {
    private long since;
    private int failed;
  }

  /**
   * None so far.
   *
   * @param nanos a monotonic clock, in nanoseconds
   * @param max how many an address may send in a minute
   */
  public FailedLogins(LongSupplier nanos, long max) {
    this.nanos = nanos;
    this.max = max;
  }

  /**
   * Notes a wrong token.
   *
   * @throws ArchiveException {@link ErrorCode#TOO_MANY_REQUESTS} where there were too many
   */
  synchronized void note(String address) {
    long now = nanos.getAsLong();
    Count count = counts.computeIfAbsent(address, each -> new Count());
    if (count.failed == 0 || now - count.since >= WINDOW.toNanos()) {
      count.since = now;
      count.failed = 0;
    }
    if (count.failed >= max) {
      throw new ArchiveException(
          ErrorCode.TOO_MANY_REQUESTS,
          "more than "
              + max
              + " wrong access tokens came from this address in a minute; nothing was done. Check"
              + " the token, and try again in a minute",
          Map.of(Exchange.RETRY_AFTER, WINDOW.toSeconds()),
          null);
    }
    count.failed++;
  }
}
