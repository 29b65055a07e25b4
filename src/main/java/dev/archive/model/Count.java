package dev.archive.model;

import java.util.Locale;

/** Numbers of things in sentences for people: every message with a count comes from here. */
public final class Count {
  private Count() {}

  /**
   * A number with its noun, in groups of three digits: {@code 1 file}, {@code 1,234 files}, {@code
   * 2 batches}.
   *
   * @param noun in the singular
   */
  public static String of(long number, String noun) {
    return String.format(Locale.ROOT, "%,d %s", number, noun(number, noun));
  }

  /** A number alone, in groups of three digits. */
  public static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** The noun alone, as it goes with this number. */
  public static String noun(long number, String singular) {
    if (number == 1) {
      return singular;
    }
    if (singular.endsWith("y")) {
      return singular.substring(0, singular.length() - 1) + "ies";
    }
    return singular + (singular.endsWith("ch") ? "es" : "s");
  }
}
