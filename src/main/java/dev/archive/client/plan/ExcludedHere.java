package dev.archive.client.plan;

import dev.archive.client.work.Progress;
import dev.archive.source.ExcludedName;
import dev.archive.source.SourceFile;
import dev.archive.source.SourceWalker;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is here of a batch's sources and not in the plan, so that it is not called missing: what
 * filters exclude, and what cannot be read.
 */
final class ExcludedHere implements SourceWalker.Listener {
  /** Beyond so many names only the rules are known, and are told all the same. */
  private static final int MAX_NAMES = 100_000;

  private final String prefix;
  private final Plan.Builder files;
  private final Progress progress;
  private final Map<String, String> rules = new HashMap<>();
  private final Set<String> unreadable = new HashSet<>();

  ExcludedHere(String rootPath, Plan.Builder files, Progress progress) {
    this.prefix = rootPath.equals("/") ? "/" : rootPath + "/";
    this.files = files;
    this.progress = progress;
  }

  @Override
  public void file(SourceFile file) {
    progress.scanned(file.size());
    files.add(file);
  }

  @Override
  public void excluded(ExcludedName name) {
    if (rules.size() < MAX_NAMES) {
      rules.put(prefix + name.path(), name.rule());
    }
  }

  @Override
  public void unreadable(String path) {
    unreadable.add((prefix + path).replaceFirst("/$", ""));
  }

  /** The paths of the batch that cannot be read here, each of which is a problem of the walk. */
  Set<String> unreadable() {
    return unreadable;
  }

  /** Whether a path of the batch, or a directory above, cannot be read here. */
  boolean isUnknown(String path) {
    for (int end = path.length(); end >= 0; end = path.lastIndexOf('/', end - 1)) {
      if (unreadable.contains(path.substring(0, end))) {
        return true;
      }
    }
    return false;
  }

  /** The rule that excludes a path of the batch, or a directory above; null where none does. */
  @Nullable String rule(String path) {
    for (int end = path.length(); end > 0; end = path.lastIndexOf('/', end - 1)) {
      String rule = rules.get(path.substring(0, end));
      if (rule != null) {
        return rule;
      }
    }
    return null;
  }
}
