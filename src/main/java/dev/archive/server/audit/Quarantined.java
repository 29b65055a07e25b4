package dev.archive.server.audit;

import dev.archive.storage.Quarantine;
import dev.archive.storage.Quarantine.Entry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * One thing in the quarantine of a root, for those who look at it from outside.
 *
 * @param name of the entry
 * @param from where it was, below the root; null where that is not known, like what, when and why
 * @param files how many there are, with bytes in all
 */
public record Quarantined(
    String name, String from, String what, String when, String why, long files, long bytes) {
  /** What is in quarantine below a root, by name. */
  public static List<Quarantined> below(Path root) throws IOException {
    return new Quarantine(root).entries().stream().map(Quarantined::of).toList();
  }

  private static Quarantined of(Entry entry) {
    return new Quarantined(
        entry.name(),
        entry.from(),
        entry.said("What"),
        entry.said("When"),
        entry.said("Why"),
        entry.files(),
        entry.bytes());
  }

  /** Removes entries for good: all of them, or none where one is not there. */
  public static void remove(Path root, List<String> names) throws IOException {
    Quarantine quarantine = new Quarantine(root);
    for (String name : names) {
      quarantine.require(name);
    }
    for (String name : names) {
      quarantine.remove(name);
    }
  }
}
