package dev.archive.cli.option;

import dev.archive.model.Text;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a rate in bytes a second as people write it: {@code 500k}, {@code 10M}, {@code 1.5G}. */
public final class RateOption implements ITypeConverter<Long> {
  /** Servers end a body that comes slower than 1 KiB a second. */
  static final long MIN = 16_000;

  private static final Pattern FORM = Pattern.compile("([0-9]{1,9})(\\.[0-9]{1,3})?([kKMG])");

  @Override
  public Long convert(String text) {
    Matcher form = FORM.matcher(text);
    if (form.matches()) {
      double number =
          Double.parseDouble(form.group(1) + (form.group(2) == null ? "" : form.group(2)));
      long unit =
          switch (form.group(3)) {
            case "M" -> 1_000_000;
            case "G" -> 1_000_000_000;
            default -> 1_000;
          };
      long rate = Math.round(number * unit);
      if (rate >= MIN) {
        return rate;
      }
    }
    throw new TypeConversionException(
        "a rate is a number and k, M or G for bytes a second, at least 16k (for example 10M), not "
            + Text.quote(text));
  }
}
