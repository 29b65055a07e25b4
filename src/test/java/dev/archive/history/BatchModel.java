package dev.archive.history;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a batch is, for one caller after another: the specification that concurrent histories are
 * held against. It declares one file, and file 1 is registered with size 1 from the start.
 */
public final class BatchModel {
  /** What every refusal counts as. */
  public static final String REFUSED = "refused";

  private final Map<Integer, Integer> sizes = new TreeMap<>(Map.of(1, 1));
  private final Set<Integer> completed = new HashSet<>();
  private long version = 2;
  private boolean closed;

  public String register(int file, int size) {
    Integer known = sizes.get(file);
    if (closed || completed.contains(file) && known != size) {
      return REFUSED;
    }
    if (known == null || known != size) {
      sizes.put(file, size);
      version++;
    }
    return accepted(version);
  }

  public String complete(int file, int size) {
    if (!sizes.containsKey(file) || sizes.get(file) != size) {
      return REFUSED;
    }
    if (completed.add(file)) {
      version++;
    }
    return accepted(version);
  }

  /** Finalizes if the batch is at the version seen, or tells when it was. */
  public String close(int seen) {
    if (!closed) {
      if (version != seen || completed.size() != 1 || sizes.size() != 1) {
        return REFUSED;
      }
      closed = true;
      version++;
    }
    return accepted(version);
  }

  public String read() {
    return state(version, completed.size());
  }

  /** How a change is answered that took effect, or had before. */
  public static String accepted(long version) {
    return "version " + version;
  }

  /** How a read is answered. */
  public static String state(long version, long completed) {
    return "version " + version + ", " + completed + " completed";
  }
}
