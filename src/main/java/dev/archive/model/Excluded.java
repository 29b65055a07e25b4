package dev.archive.model;

import java.util.List;

/**
 * What one rule excluded from a batch.
 *
 * @param rule as people know it
 * @param files how many regular files that were seen
 * @param bytes how many these have
 * @param directories that were not entered: what is in them is not known
 * @param others symlinks and special files
 */
public record Excluded(String rule, long files, long bytes, long directories, long others) {
  /** All of some together, under a name. */
  public static Excluded sum(List<Excluded> all, String name) {
    return new Excluded(
        name,
        all.stream().mapToLong(Excluded::files).sum(),
        all.stream().mapToLong(Excluded::bytes).sum(),
        all.stream().mapToLong(Excluded::directories).sum(),
        all.stream().mapToLong(Excluded::others).sum());
  }

  /** In a sentence, without the rule: {@code 2 files, 3 directories}. */
  public String counts() {
    StringBuilder text = new StringBuilder();
    add(text, files, "file");
    add(text, directories, "directory");
    add(text, others, "other name");
    return text.toString();
  }

  private static void add(StringBuilder text, long number, String noun) {
    if (number > 0) {
      text.append(text.isEmpty() ? "" : ", ").append(Count.of(number, noun));
    }
  }
}
