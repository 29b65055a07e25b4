package dev.archive.cli.option;

import dev.archive.model.Text;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads a time in the past: a date or a date with a time, in local time where it names no offset,
 * or an age such as {@code 30d}. What it gives is an instant in ISO-8601, or the age as a duration
 * in ISO-8601: an age is counted from each run.
 */
public final class PastTimeOption implements ITypeConverter<String> {
  @Override
  public String convert(String text) {
    if (text.matches("[0-9]+(ms|s|m|h|d)")) {
      return new DurationOption().convert(text).toString();
    }
    try {
      return instant(text).toString();
    } catch (DateTimeException e) {
      throw new TypeConversionException(
          "a time is a date (2026-01-31), a date with a time (2026-01-31T12:00:00Z), or an age (30d),"
              + " not "
              + Text.quote(text));
    }
  }

  private static Instant instant(String text) {
    ZoneId here = ZoneId.systemDefault();
    if (text.indexOf('T') < 0) {
      return LocalDate.parse(text).atStartOfDay(here).toInstant();
    }
    return text.matches(".*T.*(Z|[+-][0-9:]+)")
        ? OffsetDateTime.parse(text).toInstant()
        : LocalDateTime.parse(text).atZone(here).toInstant();
  }
}
