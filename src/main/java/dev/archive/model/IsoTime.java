package dev.archive.model;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/**
 * Points in time as text (ISO-8601 in UTC), as {@link Instant} writes and reads it. Java does both
 * through its formatter, which in a fresh JVM takes longer than all the rest of a line about a
 * file.
 */
public final class IsoTime {
  private static final int SECOND_END = 19;

  /** Some file systems keep dates beyond those that have a local form. */
  private static final long MAX_LOCAL_SECOND = 1L << 54;

  private IsoTime() {}

  /** As {@link Instant#toString} has it. */
  public static String text(Instant instant) {
    if (Math.abs(instant.getEpochSecond()) > MAX_LOCAL_SECOND) {
      return instant.toString();
    }
    String time =
        LocalDateTime.ofEpochSecond(instant.getEpochSecond(), instant.getNano(), ZoneOffset.UTC)
            .toString();
    boolean hasSeconds = time.indexOf(':', time.indexOf(':') + 1) > 0;
    return time + (hasSeconds ? "Z" : ":00Z");
  }

  /**
   * Reads what {@link Instant#parse} reads.
   *
   * @throws DateTimeException where it is no point in time
   */
  public static Instant parse(String text) {
    int nanos = nanos(text);
    if (nanos < 0) {
      return Instant.parse(text);
    }
    int year = number(text, 0, 4);
    int month = number(text, 5, 7);
    int day = number(text, 8, 10);
    int hour = number(text, 11, 13);
    int minute = number(text, 14, 16);
    int second = number(text, 17, SECOND_END);
    boolean isDate = year >= 0 && month >= 0 && day >= 0;
    boolean isTime =
        hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
    if (!isDate || !isTime) {
      return Instant.parse(text);
    }
    long days = LocalDate.of(year, month, day).toEpochDay();
    return Instant.ofEpochSecond(((days * 24 + hour) * 60 + minute) * 60 + second, nanos);
  }

  /** The nanoseconds of a text in the common form; negative where it has another. */
  private static int nanos(String text) {
    int end = text.length() - 1;
    if (end < SECOND_END
        || text.charAt(end) != 'Z'
        || text.charAt(4) != '-'
        || text.charAt(7) != '-'
        || text.charAt(10) != 'T'
        || text.charAt(13) != ':'
        || text.charAt(16) != ':') {
      return -1;
    }
    if (end == SECOND_END) {
      return 0;
    }
    int digits = end - SECOND_END - 1;
    if (text.charAt(SECOND_END) != '.' || digits < 1 || digits > 9) {
      return -1;
    }
    int nanos = number(text, SECOND_END + 1, end);
    for (int i = digits; nanos > 0 && i < 9; i++) {
      nanos *= 10;
    }
    return nanos;
  }

  /** The number that these digits are; negative where they are not digits alone. */
  private static int number(String text, int from, int to) {
    int number = 0;
    for (int i = from; i < to; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = 10 * number + digit;
    }
    return number;
  }
}
