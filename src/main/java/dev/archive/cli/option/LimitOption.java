package dev.archive.cli.option;

import dev.archive.cli.process.EnvironmentNames;
import dev.archive.cli.process.Settings;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Limit;
import dev.archive.model.Limits;
import dev.archive.model.Text;
import java.util.Arrays;
import java.util.Comparator;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a limit of a server, {@code NAME=VALUE}, with a unit where it is of bytes or time. */
public final class LimitOption implements ITypeConverter<LimitOption.Value> {
  /** A limit and what it is to be, in its unit. */
  public record Value(Limit limit, long value) {
    /** The limits with this one. */
    public Limits in(Limits others) {
      return others.with(limit, value);
    }
  }

  /**
   * The usual limits with those of a setting.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where it is none
   */
  public static Limits of(Settings.Found setting) {
    LimitOption option = new LimitOption();
    Limits all = Limits.USUAL;
    try {
      for (String each : setting.value().split(",", -1)) {
        all = option.convert(each).in(all);
      }
      return all;
    } catch (TypeConversionException e) {
      throw new ArchiveException(ErrorCode.USAGE, setting.source() + ": " + e.getMessage(), e);
    }
  }

  @Override
  public Value convert(String text) {
    int equals = text.indexOf('=');
    if (equals < 1) {
      throw new TypeConversionException(
          "a limit is NAME=VALUE (archive serve --limits prints all), not " + Text.quote(text));
    }
    String name = text.substring(0, equals).strip();
    Limit limit = Limit.of(name);
    if (limit == null) {
      throw new TypeConversionException(
          "there is no limit "
              + Text.quote(name)
              + near(name)
              + "; archive serve --limits prints all");
    }
    Value value = new Value(limit, value(limit, text.substring(equals + 1).strip()));
    try {
      var unused = value.in(Limits.USUAL);
    } catch (ArchiveException e) {
      throw new TypeConversionException(e.getMessage());
    }
    return value;
  }

  private static String near(String name) {
    return Arrays.stream(Limit.values())
        .map(Limit::label)
        .filter(each -> EnvironmentNames.isNear(name, each))
        .min(Comparator.comparing(each -> EnvironmentNames.distance(name, each)))
        .map(each -> "; did you mean " + each + "?")
        .orElse("");
  }

  private static long value(Limit limit, String text) {
    Limit.Unit unit = limit.unit();
    if (unit.isQuota() && text.equals("unlimited")) {
      return Limit.UNLIMITED;
    }
    try {
      if (unit == Limit.Unit.TIME) {
        return new DurationOption().convert(text).toMillis();
      }
      if (unit.isBytes()) {
        return new SizeOption().convert(text);
      }
    } catch (TypeConversionException e) {
      throw new TypeConversionException("the limit " + limit.label() + ": " + e.getMessage());
    }
    if (!text.matches("[0-9]{1,18}")) {
      throw new TypeConversionException(
          "the limit "
              + limit.label()
              + " is a number"
              + (unit.isQuota() ? " or \"unlimited\"" : "")
              + ", not "
              + Text.quote(text));
    }
    return Long.parseLong(text);
  }
}
