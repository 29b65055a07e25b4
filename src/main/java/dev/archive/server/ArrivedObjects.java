package dev.archive.server;

import dev.archive.model.BatchId;
import dev.archive.model.LogicalPath;
import dev.archive.storage.DirectoryByteStore.Stored;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Size and digest of objects that arrived and are not completed yet, so that {@code complete} need
 * not read them again. Only a memory: what it has forgotten, or lost in a restart, is hashed from
 * the disk.
 */
final class ArrivedObjects {
  private static final int MOST = 100_000;

  record Key(BatchId batch, LogicalPath path) {}

  private final Map<Key, Stored> arrived =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Stored> eldest) {
          return size() > MOST;
        }
      };

  synchronized void put(Key key, Stored stored) {
    arrived.put(key, stored);
  }

  synchronized Stored get(Key key) {
    return arrived.get(key);
  }

  synchronized void remove(Key key) {
    arrived.remove(key);
  }
}
