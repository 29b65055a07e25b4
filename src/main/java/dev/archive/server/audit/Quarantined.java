package dev.archive.server.audit;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.storage.Quarantine;
import dev.archive.storage.Quarantine.Entry;
import java.io.IOException;
import java.nio.file.Files;
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
  /**
   * What is in quarantine below a root, by name.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where it is not an archive root
   */
  public static List<Quarantined> below(Path root) throws IOException {
    return quarantine(root).entries().stream().map(Quarantined::of).toList();
  }

  /** A root that is named wrongly would look like one where nothing is in quarantine. */
  private static Quarantine quarantine(Path root) {
    if (!Files.isDirectory(root.resolve("batches"))
        && !Files.isDirectory(root.resolve("quarantine"))) {
      throw new ArchiveException(
          ErrorCode.USAGE, root + " is not an archive root: it has no batches; nothing was done");
    }
    return new Quarantine(root);
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

  /**
   * Removes entries for good: all of them, or none where one is not there.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where it is not an archive root
   */
  public static void remove(Path root, List<String> names) throws IOException {
    Quarantine quarantine = quarantine(root);
    for (String name : names) {
      quarantine.require(name);
    }
    for (String name : names) {
      quarantine.remove(name);
    }
  }
}
