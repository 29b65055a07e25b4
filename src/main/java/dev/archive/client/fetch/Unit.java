package dev.archive.client.fetch;

import dev.archive.model.LogicalPath;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What is asked for at once: one file, or small files that follow one another.
 *
 * @param after the path before the first; null for the first of all
 * @param files in the order of their paths
 */
record Unit(LogicalPath after, List<StoredFile> files) {
  /** The largest file that comes with others in a tar stream, in bytes. */
  static final int MAX_SMALL = 1 << 18;

  private static final int MAX_FILES = 256;
  private static final long MAX_BYTES = 8 << 20;

  boolean isOne() {
    return files.size() == 1;
  }

  /**
   * Divides the wanted files of a batch.
   *
   * @param inOrder whether no file may come before one with a lower path
   */
  static List<Unit> of(StoredBatch batch, Set<LogicalPath> wanted, boolean inOrder) {
    List<Unit> units = new ArrayList<>();
    List<StoredFile> small = new ArrayList<>();
    LogicalPath after = null;
    LogicalPath last = null;
    long bytes = 0;
    for (StoredFile file : batch.files()) {
      boolean isWanted = wanted.contains(file.path());
      boolean isSmall = file.size() <= MAX_SMALL;
      boolean ends = isSmall ? !isWanted || bytes + file.size() > MAX_BYTES : isWanted && inOrder;
      if (!small.isEmpty() && (ends || small.size() == MAX_FILES)) {
        units.add(new Unit(after, small));
        small = new ArrayList<>();
      }
      if (isWanted && isSmall) {
        if (small.isEmpty()) {
          after = last;
          bytes = 0;
        }
        small.add(file);
        bytes += file.size();
      } else if (isWanted) {
        units.add(new Unit(last, List.of(file)));
      }
      last = file.path();
    }
    if (!small.isEmpty()) {
      units.add(new Unit(after, small));
    }
    return units;
  }
}
