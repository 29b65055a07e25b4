package dev.archive.client.fetch;

import dev.archive.client.plan.UnportableNames;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Names of a batch that differ only in case or Unicode normalisation. Some file systems take such
 * names for one: what is put under the second would replace the first, or be taken for it. So they
 * are put there one after another, and each is looked for under the others before.
 */
final class Twins {
  /** What a target has under paths of the batch. */
  interface Places {
    /** What tells whether two names are of one thing; null where nothing is there. */
    Object key(String path) throws IOException;

    /** Whether the directory of a path lists exactly this name. */
    boolean lists(String path) throws IOException;
  }

  private final Places places;

  /** Where each of them stands among those that are like it: 0 for the first. */
  private final Map<String, Integer> rounds = new HashMap<>();

  private final Map<Object, String> owners = new HashMap<>();
  private int count;

  /**
   * Looks for them.
   *
   * @param paths of the batch, each once
   */
  Twins(Places places, Collection<String> paths) {
    this.places = places;
    Set<Integer> twice = twice(paths);
    if (twice.isEmpty()) {
      return;
    }
    Map<String, List<String>> alike = new HashMap<>();
    for (String path : paths) {
      String folded = UnportableNames.folded(path);
      if (twice.contains(folded.hashCode())) {
        alike.computeIfAbsent(folded, each -> new ArrayList<>()).add(path);
      }
    }
    for (List<String> group : alike.values()) {
      for (int i = 0; group.size() > 1 && i < group.size(); i++) {
        rounds.put(group.get(i), i);
        count = Math.max(count, i + 1);
      }
    }
  }

  /** Numbers of folded names that come more than once: millions have no room for a second copy. */
  private static Set<Integer> twice(Collection<String> paths) {
    int[] hashes =
        paths.stream().mapToInt(path -> UnportableNames.folded(path).hashCode()).sorted().toArray();
    Set<Integer> twice = new HashSet<>();
    for (int i = 1; i < hashes.length; i++) {
      if (hashes[i] == hashes[i - 1]) {
        twice.add(hashes[i]);
      }
    }
    return twice;
  }

  /** Whether a path is one of them. */
  boolean has(String path) {
    return rounds.containsKey(path);
  }

  /** How many rounds there are: in each, no two names are alike. */
  int rounds() {
    return count;
  }

  /** In which round a path comes; -1 for others. */
  int round(String path) {
    return rounds.getOrDefault(path, -1);
  }

  /** What a path names now belongs to it. */
  void claim(String path) throws IOException {
    Object key = has(path) ? places.key(path) : null;
    if (key != null) {
      owners.put(key, path);
    }
  }

  /** The name to which belongs what the target has under this one; null where it is free. */
  String owner(String path) throws IOException {
    Object key = has(path) ? places.key(path) : null;
    String owner = key == null ? null : owners.get(key);
    return owner == null || owner.equals(path) || places.lists(path) ? null : owner;
  }
}
