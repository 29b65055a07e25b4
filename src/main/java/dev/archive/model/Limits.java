package dev.archive.model;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** The limits of a server. */
public final class Limits {
  /** Unless told otherwise. */
  public static final Limits USUAL = new Limits(new EnumMap<>(Limit.class));

  private final Map<Limit, Long> set;

  private Limits(Map<Limit, Long> set) {
    this.set = set;
  }

  /**
   * The same with another value of one of them.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where it cannot have that value
   */
  public Limits with(Limit limit, long value) {
    Map<Limit, Long> all = new EnumMap<>(Limit.class);
    all.putAll(set);
    all.put(limit, limit.checked(value));
    return new Limits(all);
  }

  /** Its value, in the limit's unit. */
  public long of(Limit limit) {
    return set.getOrDefault(limit, limit.usual());
  }

  /** The value of a number, or of bytes, that is never large. */
  public int number(Limit limit) {
    return Math.toIntExact(of(limit));
  }

  /** The value of a time. */
  public Duration time(Limit limit) {
    return Duration.ofMillis(of(limit));
  }
}
