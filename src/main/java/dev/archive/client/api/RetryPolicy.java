package dev.archive.client.api;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * When to ask again: full jitter over a doubling wait, so that many uploaders that failed together
 * do not return together.
 *
 * @param attempts how often in all, the first included
 * @param first the longest wait before the second attempt; doubled for each later one
 * @param longest the longest wait of all, and of what a server may ask for
 */
public record RetryPolicy(int attempts, Duration first, Duration longest) {
  /** The name under which an error's details carry the header of that name. */
  static final String RETRY_AFTER = "retry_after";

  /** Rides out a restart of the server: up to about a minute and a half in all. */
  public static final RetryPolicy NORMAL =
      new RetryPolicy(12, Duration.ofMillis(250), Duration.ofSeconds(15));

  /** For the first contact, where a person waits to hear of a mistyped URL. */
  public static final RetryPolicy FIRST_CONTACT =
      new RetryPolicy(4, Duration.ofMillis(250), Duration.ofSeconds(2));

  /**
   * The wait after an attempt that failed.
   *
   * @param attempt which one failed, from 1
   * @param retryAfter the seconds that the server asked for, or null; anything else than a number
   *     is ignored
   */
  Duration delay(int attempt, Object retryAfter, RandomGenerator random) {
    long ceiling = Math.min(longest.toMillis(), first.toMillis() << Math.min(attempt - 1, 20));
    Duration wait = Duration.ofMillis(random.nextLong(ceiling + 1));
    Duration asked = asked(retryAfter);
    return asked.compareTo(wait) > 0 ? asked : wait;
  }

  private Duration asked(Object retryAfter) {
    if (!(retryAfter instanceof String text) || !text.matches("[0-9]+")) {
      return Duration.ZERO;
    }
    Duration asked = text.length() > 9 ? longest : Duration.ofSeconds(Long.parseLong(text));
    return asked.compareTo(longest) < 0 ? asked : longest;
  }
}
