package dev.archive.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks the fields of an answer as it is parsed; what fails names the field. */
final class Field {
  private Field() {}

  /** Refuses null. */
  static void present(String name, Object value) {
    if (value == null) {
      throw new IllegalArgumentException(name + " is missing");
    }
  }

  /** Refuses numbers below zero; null is absent. */
  static void notNegative(String name, @Nullable Long value) {
    if (value != null && value < 0) {
      throw new IllegalArgumentException(name + " is negative");
    }
  }

  /** Refuses numbers below zero, and null. */
  static void count(String name, Long value) {
    present(name, value);
    notNegative(name, value);
  }

  /** Refuses numbers below one, such as a number that is missing. */
  static void fromOne(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " is not 1 or more");
    }
  }

  /** Refuses null among the elements; a list that is null is absent. */
  static void noneMissing(String name, @Nullable List<?> list) {
    if (list != null) {
      for (Object each : list) {
        present("an element of " + name, each);
      }
    }
  }
}
