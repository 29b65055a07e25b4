package dev.archive.cli.option;

import dev.archive.model.Text;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads a number of bytes as people write it: {@code 500}, {@code 10k}, {@code 4G}, {@code 1Mi}.
 */
public final class SizeOption implements ITypeConverter<Long> {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,18})(?:([kmgt])(i?))?b?");

  @Override
  public Long convert(String text) {
    Matcher form = FORM.matcher(text.toLowerCase(Locale.ROOT));
    if (form.matches()) {
      try {
        long size = Long.parseLong(form.group(1));
        int power = form.group(2) == null ? 0 : "kmgt".indexOf(form.group(2)) + 1;
        long unit = "i".equals(form.group(3)) ? 1024 : 1000;
        for (int i = 0; i < power; i++) {
          size = Math.multiplyExact(size, unit);
        }
        return size;
      } catch (ArithmeticException e) {
        // Said below.
      }
    }
    throw new TypeConversionException(
        "a size is a number of bytes, with k, M, G or T for thousands and Ki, Mi, Gi or Ti for"
            + " 1024s (for example 10M), not "
            + Text.quote(text));
  }
}
