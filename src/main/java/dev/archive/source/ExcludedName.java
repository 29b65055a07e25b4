package dev.archive.source;

import dev.archive.model.Excluded;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One name that is excluded.
 *
 * @param path where it would stand below the root path of the batch
 * @param bytes of a regular file; 0 for all else
 * @param rule that excludes it
 */
public record ExcludedName(Path file, String path, Kind kind, long bytes, String rule) {
  /** What stands under the name. */
  public enum Kind {
    FILE,
    DIRECTORY,
    OTHER
  }

  private Excluded counted(Excluded known) {
    return new Excluded(
        rule,
        known.files() + (kind == Kind.FILE ? 1 : 0),
        known.bytes() + bytes,
        known.directories() + (kind == Kind.DIRECTORY ? 1 : 0),
        known.others() + (kind == Kind.OTHER ? 1 : 0));
  }

  /** Counts names by rule. */
  static final class Tally {
    private final Map<String, Excluded> byRule = new LinkedHashMap<>();

    void add(ExcludedName name) {
      byRule.compute(
          name.rule,
          (rule, known) -> name.counted(known == null ? new Excluded(rule, 0, 0, 0, 0) : known));
    }

    List<Excluded> list() {
      return new ArrayList<>(byRule.values());
    }
  }
}
