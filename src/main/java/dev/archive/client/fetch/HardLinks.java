package dev.archive.client.fetch;

import dev.archive.client.plan.StoredAttributes;
import dev.archive.durable.LocalErrors;
import dev.archive.durable.TargetDirectory;
import dev.archive.model.Attributes;
import dev.archive.model.Attributes.Kind;
import dev.archive.model.LogicalPath;
import dev.archive.model.Text;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Files that had several names. The bytes come under the first name, and the others are linked to
 * it; what cannot be linked is fetched by itself. A batch that says this of files whose bytes
 * differ is not believed.
 */
final class HardLinks {
  private final TargetDirectory target;
  private final SortedMap<LogicalPath, LogicalPath> firstNames = new TreeMap<>();
  private final Map<LogicalPath, String> taken = new HashMap<>();
  private long linked;
  private long separate;
  private String why;

  /**
   * Finds them.
   *
   * @param wanted the paths that are fetched
   */
  HardLinks(
      TargetDirectory target, StoredAttributes stored, StoredBatch batch, Set<LogicalPath> wanted) {
    this.target = target;
    Map<LogicalPath, StoredFile> firsts = new HashMap<>();
    for (Attributes each : stored.all()) {
      if (each.kind() == Kind.FILE && each.hardLink() != null) {
        firsts.put(LogicalPath.parse(each.hardLink()), null);
      }
    }
    if (firsts.isEmpty()) {
      return;
    }
    for (StoredFile file : batch.files()) {
      firsts.replace(file.path(), file);
    }
    for (StoredFile file : batch.files()) {
      Attributes attributes = stored.of(file.path());
      if (attributes == null || attributes.hardLink() == null || !wanted.contains(file.path())) {
        continue;
      }
      LogicalPath path = LogicalPath.parse(attributes.hardLink());
      StoredFile first = firsts.get(path);
      Attributes ofFirst = stored.of(path);
      if (first != null
          && wanted.contains(path)
          && (ofFirst == null || ofFirst.hardLink() == null)
          && first.size() == file.size()
          && first.sha256().equals(file.sha256())) {
        firstNames.put(file.path(), path);
      }
    }
  }

  /** Those of which the first names are known. */
  HardLinks(TargetDirectory target, Map<LogicalPath, LogicalPath> firstNames) {
    this.target = target;
    this.firstNames.putAll(firstNames);
  }

  /** Takes out of the missing files those that are to be linked. */
  Set<LogicalPath> takeFrom(Set<LogicalPath> missing) {
    Set<LogicalPath> taken = new HashSet<>(missing);
    taken.retainAll(firstNames.keySet());
    missing.removeAll(taken);
    return taken;
  }

  /**
   * Links the names whose first name has its file.
   *
   * @param some that are not there
   * @param failed files that could not be fetched, or have another file in their place
   * @param twins names that the target may take for one another
   * @return those of them that could not be linked; not those that are {@link #taken}
   */
  Set<LogicalPath> make(Set<LogicalPath> some, Set<String> failed, boolean overwrite, Twins twins) {
    Set<LogicalPath> left = new HashSet<>(some);
    firstNames.forEach(
        (path, first) -> {
          if (failed.contains(first.toString()) || failed.contains(path.toString())) {
            return;
          }
          try {
            String owner = twins.owner(path.toString());
            if (owner != null) {
              taken.put(path, owner);
              left.remove(path);
              return;
            }
            boolean there = !some.contains(path);
            if (there && target.isSame(place(first), place(path))) {
              linked++;
            } else if (there && !overwrite) {
              separate(path, "it is there already as a file of its own");
            } else {
              target.placeHardLink(place(first), false, place(path), overwrite);
              left.remove(path);
              linked++;
              twins.claim(path.toString());
            }
          } catch (IOException e) {
            separate(
                path,
                e instanceof TargetDirectory.OccupiedException
                    ? "its place is taken"
                    : LocalErrors.reason(e));
          }
        });
    return left;
  }

  private void separate(LogicalPath path, String reason) {
    separate++;
    if (why == null) {
      why = Text.quote(path.toString()) + ": " + reason;
    }
  }

  private static Path place(LogicalPath path) {
    return Path.of(path.relative());
  }

  /** The names whose place another name of the batch has, and which. */
  Map<LogicalPath, String> taken() {
    return taken;
  }

  /** How many names are hard links to others. */
  long linked() {
    return linked;
  }

  /** How many should be, and are files of their own. */
  long separate() {
    return separate;
  }

  /** The first of these and why, or null. */
  String why() {
    return why;
  }
}
