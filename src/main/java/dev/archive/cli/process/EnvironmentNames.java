package dev.archive.cli.process;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Whether the environment says what its author meant: bytes must not go to the local disk because a
 * name was mistyped or a value was lost.
 */
public final class EnvironmentNames {
  private static final String OURS = "ARCHIVE_";

  /** For the shell head of the program, which takes an empty one for none. */
  private static final String JAVA_OPTIONS = "ARCHIVE_JAVA_OPTS";

  private static final int MAX_LETTERS_WRONG = 2;

  private EnvironmentNames() {}

  /** The names that are settings of this program. */
  static SortedSet<String> known() {
    SortedSet<String> known =
        new TreeSet<>(List.of(JAVA_OPTIONS, Settings.TOKEN, Settings.CONFIG, Settings.PROFILE));
    for (Setting each : Setting.values()) {
      known.add(each.variable());
    }
    return known;
  }

  /**
   * Checks all names that begin with ours.
   *
   * @param warn is told of each that is not a setting
   * @throws ArchiveException {@link ErrorCode#USAGE} where one is set but empty, or is within two
   *     letters of a setting
   */
  static void check(Map<String, String> environment, Consumer<String> warn) {
    SortedSet<String> known = known();
    new TreeMap<>(environment)
        .tailMap(OURS)
        .forEach(
            (name, value) -> {
              if (name.startsWith(OURS)) {
                check(name, value, known, warn);
              }
            });
  }

  private static void check(
      String name, String value, SortedSet<String> known, Consumer<String> warn) {
    boolean setting = known.contains(name);
    if (value.isBlank() && setting && !name.equals(JAVA_OPTIONS)) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the environment variable "
              + name
              + " is set but empty; nothing was done. Give it a value, or unset it");
    }
    if (setting) {
      return;
    }
    for (String each : known) {
      if (isNear(name, each)) {
        throw new ArchiveException(
            ErrorCode.USAGE,
            "the environment variable "
                + Text.printable(name)
                + " is not a setting, and looks like "
                + each
                + "; nothing was done. Rename it, or unset it");
      }
    }
    warn.accept(
        "the environment variable " + Text.quote(name) + " is not a setting and was ignored");
  }

  /** The word among others that a misspelt one may be, or null. */
  static @Nullable String nearest(String word, Collection<String> others) {
    return others.stream()
        .filter(each -> isNear(word, each))
        .min(Comparator.comparing(each -> distance(word, each)))
        .orElse(null);
  }

  /** Whether one word may be the other, misspelt. */
  public static boolean isNear(String one, String other) {
    return distance(one, other) <= MAX_LETTERS_WRONG;
  }

  /**
   * How many letters must be added, removed, replaced or swapped with their neighbour to make one
   * text the other (Damerau and Levenshtein, each place changed at most once).
   */
  public static int distance(String one, String other) {
    if (Math.abs(one.length() - other.length()) > MAX_LETTERS_WRONG) {
      return MAX_LETTERS_WRONG + 1;
    }
    int[][] cost = new int[one.length() + 1][other.length() + 1];
    for (int i = 0; i <= one.length(); i++) {
      for (int j = 0; j <= other.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        boolean same = one.charAt(i - 1) == other.charAt(j - 1);
        cost[i][j] =
            Math.min(
                Math.min(cost[i - 1][j], cost[i][j - 1]) + 1, cost[i - 1][j - 1] + (same ? 0 : 1));
        if (i > 1
            && j > 1
            && one.charAt(i - 1) == other.charAt(j - 2)
            && one.charAt(i - 2) == other.charAt(j - 1)) {
          cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
      }
    }
    return cost[one.length()][other.length()];
  }
}
