package dev.archive.server.ingest;

import dev.archive.model.BatchId;
import dev.archive.model.LogicalPath;
import dev.archive.storage.ObjectStamp;
import dev.archive.storage.Stored;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Size and digest of objects that arrived and are not completed yet, so that {@code complete} need
 * not read them again. Only a memory: what it has forgotten, or lost in a restart, is hashed from
 * the disk. What publishes an object removes it here first; and what is remembered counts only as
 * long as the file system says that the object is the same, for other processes may publish too.
 */
final class ArrivedObjects {
  private static final int MAX_OBJECTS = 100_000;

  record Key(BatchId batch, LogicalPath path) implements Comparable<Key> {
    private static final Comparator<Key> ORDER =
        Comparator.comparing((Key key) -> key.batch.value()).thenComparing(Key::path);

    @Override
    public int compareTo(Key other) {
      return ORDER.compare(this, other);
    }
  }

  private record Arrived(Stored stored, ObjectStamp stamp) {}

  private final Map<Key, Arrived> arrived =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Arrived> eldest) {
          return size() > MAX_OBJECTS;
        }
      };

  /**
   * Remembers an object that was published.
   *
   * @param stamp of the object as published; null where it has none, and nothing is remembered
   */
  synchronized void put(Key key, Stored stored, ObjectStamp stamp) {
    if (stamp != null) {
      arrived.put(key, new Arrived(stored, stamp));
    }
  }

  /**
   * What is remembered of an object, or null.
   *
   * @param stamp of the object now, or null
   */
  synchronized Stored get(Key key, ObjectStamp stamp) {
    Arrived known = arrived.get(key);
    return known != null && known.stamp.equals(stamp) ? known.stored : null;
  }

  synchronized boolean has(Key key) {
    return arrived.containsKey(key);
  }

  /** Forgets an object: before it changes, and once it is completed. */
  synchronized void remove(Key key) {
    arrived.remove(key);
  }
}
