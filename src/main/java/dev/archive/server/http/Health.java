package dev.archive.server.http;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/** What the health checks report. */
public final class Health {
  static final String HEALTHY = "healthy";
  static final String DEGRADED = "degraded";
  static final String UNAVAILABLE = "unavailable";

  /** How long the ledger has to say that it takes changes. */
  private static final Duration MAX_WAIT = Duration.ofSeconds(1);

  /** A disk that takes longer to make a change durable is slow. */
  static final Duration SLOW = Duration.ofSeconds(1);

  private final List<String> found;
  private final Supplier<Duration> commitTime;
  private final Function<Duration, String> trouble;

  /**
   * Sets it up.
   *
   * @param found what does not fit, as it was found at the start
   * @param commitTime what the disk takes now to make a change durable
   * @param trouble waits up to so long for the ledger and says what keeps it from taking a change,
   *     or null
   */
  public Health(
      List<String> found, Supplier<Duration> commitTime, Function<Duration, String> trouble) {
    this.found = found;
    this.commitTime = commitTime;
    this.trouble = trouble;
  }

  static Map<String, Object> live() {
    return Map.of("status", HEALTHY);
  }

  /** The HTTP status of an answer of {@link #ready}. */
  static int status(Map<String, Object> ready) {
    return UNAVAILABLE.equals(ready.get("status")) ? 503 : 200;
  }

  /**
   * Tells whether requests can be served. On a slow disk they can: what the server says is true,
   * only later. Without a ledger that takes changes they cannot.
   */
  Map<String, Object> ready() {
    String blocked = trouble.apply(MAX_WAIT);
    Duration taken = commitTime.get();
    boolean slow = taken.compareTo(SLOW) > 0;
    List<String> warnings = new ArrayList<>();
    if (blocked != null) {
      warnings.add(blocked);
    }
    if (slow) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "the disk is slow: it takes %.1f seconds to make a change durable",
              taken.toMillis() / 1000.0));
    }
    warnings.addAll(found);
    Map<String, Object> health = new LinkedHashMap<>();
    health.put("status", blocked != null ? UNAVAILABLE : slow ? DEGRADED : HEALTHY);
    if (!warnings.isEmpty()) {
      health.put("warnings", warnings);
    }
    return health;
  }
}
