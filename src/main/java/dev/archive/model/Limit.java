package dev.archive.model;

import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a server bounds, each with the value that it has unless an operator sets another. */
public enum Limit {
  CONNECTIONS(Unit.NUMBER, 8192, 1, 1 << 20, "open connections"),
  CONNECTIONS_PER_ADDRESS(Unit.NUMBER, 4096, 1, 1 << 20, "open connections of one address"),
  THREADS(Unit.NUMBER, 200, 16, 10_000, "threads that work on requests"),
  REQUESTS_PER_ADDRESS(Unit.NUMBER, 2048, 1, 1 << 20, "requests under way of one address"),
  REQUESTS_PER_OWNER(Unit.NUMBER, 1024, 1, 1 << 20, "requests under way of one owner"),
  LONG_RESPONSES(Unit.NUMBER, 2, 1, 6, "long responses read from the ledger at once"),
  RESPONSE_BYTES(
      Unit.BYTES, 1L << 30, 1 << 20, 1L << 40, "long responses on disk until they are read"),
  WRONG_TOKENS(Unit.NUMBER, 600, 1, 1 << 20, "wrong tokens from one address in a minute"),
  IDLE_TIME(Unit.TIME, 60_000, 1_000, 3_600_000, "an idle connection"),
  HEAD_TIME(Unit.TIME, 10_000, 1_000, 600_000, "the head of a request, until it is whole"),
  BODY_SILENCE(Unit.TIME, 15_000, 1_000, 600_000, "no byte of a body"),
  BODY_GRACE(Unit.TIME, 10_000, 0, 600_000, "time before a body must keep body-rate"),
  BODY_RATE(Unit.BYTES, 1024, 0, 1L << 30, "least bytes of a body per second"),
  UNREAD_TIME(Unit.TIME, 15_000, 1_000, 600_000, "a response of which nothing is read"),
  HEAD_BYTES(Unit.BYTES, 16 << 10, 4 << 10, 256 << 10, "head of a request"),
  HEADER_FIELDS(Unit.NUMBER, 100, 20, 1000, "header fields of a request"),
  CALL_BYTES(Unit.BYTES, 1 << 20, 1 << 20, 64 << 20, "body of a call"),
  FINALIZE_BYTES(Unit.BYTES, 8 << 20, 1 << 20, 256 << 20, "body of finalize"),
  OPEN_BATCHES_PER_OWNER(Unit.QUOTA, 10_000, 0, Limit.UNLIMITED, "unfinished batches of an owner"),
  OPEN_BYTES_PER_OWNER(
      Unit.QUOTA_BYTES, Limit.UNLIMITED, 0, Limit.UNLIMITED, "registered in unfinished batches"),
  FILES_PER_OWNER(Unit.QUOTA, Limit.UNLIMITED, 0, Limit.UNLIMITED, "registered files of an owner"),
  BYTES_PER_OWNER(
      Unit.QUOTA_BYTES, Limit.UNLIMITED, 0, Limit.UNLIMITED, "registered in all batches"),
  LOG_LINES(Unit.NUMBER, 20_000, 100, 1 << 20, "log lines that wait to be written"),
  LOG_FILES(Unit.NUMBER, 5, 1, 100, "old log files");

  /** The value of a limit that bounds nothing. */
  public static final long UNLIMITED = Long.MAX_VALUE;

  /** How the value of a limit is written. */
  public enum Unit {
    NUMBER,
    BYTES,
    /** In milliseconds. */
    TIME,
    /** A number, or {@link #UNLIMITED}. */
    QUOTA,
    /** Bytes, or {@link #UNLIMITED}. */
    QUOTA_BYTES;

    /** Whether it may be unlimited. */
    public boolean isQuota() {
      return this == QUOTA || this == QUOTA_BYTES;
    }

    /** Whether it counts bytes. */
    public boolean isBytes() {
      return this == BYTES || this == QUOTA_BYTES;
    }
  }

  private final Unit unit;
  private final long usual;
  private final long min;
  private final long max;
  private final String what;

  Limit(Unit unit, long usual, long min, long max, String what) {
    this.unit = unit;
    this.usual = usual;
    this.min = min;
    this.max = max;
    this.what = what;
  }

  /** Its name for people. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The limit of a name, or null. */
  public static @Nullable Limit of(String label) {
    for (Limit each : values()) {
      if (each.label().equals(label)) {
        return each;
      }
    }
    return null;
  }

  public Unit unit() {
    return unit;
  }

  /** What it bounds, in words. */
  public String what() {
    return what;
  }

  long usual() {
    return usual;
  }

  /**
   * Checks a value.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE}
   */
  long checked(long value) {
    if (value < min || value > max) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the limit "
              + label()
              + " must be "
              + (max == UNLIMITED
                  ? text(min) + " or more"
                  : "from " + text(min) + " to " + text(max))
              + ", not "
              + text(value)
              + "; nothing was done");
    }
    return value;
  }

  /** A value of it as it is written, with its unit. */
  public String text(long value) {
    if (unit.isQuota() && value == UNLIMITED) {
      return "unlimited";
    }
    if (unit == Unit.TIME) {
      Duration time = Duration.ofMillis(value);
      return value % 1000 == 0 ? time.toSeconds() + "s" : value + "ms";
    }
    if (unit.isBytes() && value > 0) {
      for (int power = 4; power > 0; power--) {
        if (value % (1L << 10 * power) == 0) {
          return (value >> 10 * power) + " KMGT".substring(power, power + 1) + "i";
        }
      }
    }
    return Long.toString(value);
  }
}
