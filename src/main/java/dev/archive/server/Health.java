package dev.archive.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** What is told to whoever asks how the server is. */
final class Health {
  static final String HEALTHY = "healthy";
  static final String DEGRADED = "degraded";

  /** A disk that takes longer to make a change durable is slow. */
  static final Duration SLOW = Duration.ofSeconds(1);

  private final List<String> found;
  private final Supplier<Duration> commitTime;

  /**
   * Sets it up.
   *
   * @param found what does not fit, as it was found at the start
   * @param commitTime what the disk takes at present to make a change durable
   */
  Health(List<String> found, Supplier<Duration> commitTime) {
    this.found = found;
    this.commitTime = commitTime;
  }

  static Map<String, Object> live() {
    return Map.of("status", HEALTHY);
  }

  /** A server on a slow disk is ready all the same: what it says is true, only later. */
  Map<String, Object> ready() {
    Duration taken = commitTime.get();
    boolean slow = taken.compareTo(SLOW) > 0;
    List<String> warnings = new ArrayList<>();
    if (slow) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "the disk is slow: it takes %.1f seconds to make a change durable",
              taken.toMillis() / 1000.0));
    }
    warnings.addAll(found);
    Map<String, Object> health = new LinkedHashMap<>();
    health.put("status", slow ? DEGRADED : HEALTHY);
    if (!warnings.isEmpty()) {
      health.put("warnings", warnings);
    }
    return health;
  }
}
