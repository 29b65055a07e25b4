package dev.archive.server;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One lock for each of very many keys, spread over a fixed number of locks. What publishes or
 * completes an object holds its lock, so that a late PUT never comes between the proof of its bytes
 * and their record.
 */
final class KeyLocks {
  private final ReentrantLock[] locks = new ReentrantLock[1024];

  KeyLocks() {
    for (int i = 0; i < locks.length; i++) {
      locks[i] = new ReentrantLock();
    }
  }

  /** A lock that is held; closing lets go. */
  interface Held extends AutoCloseable {
    @Override
    void close();
  }

  Held hold(Object key) {
    ReentrantLock lock = locks[index(key)];
    lock.lock();
    return lock::unlock;
  }

  /** Holds many, always in the same order, so that two who want the same never wait for ever. */
  Held holdAll(Collection<?> keys) {
    List<ReentrantLock> held =
        keys.stream().mapToInt(this::index).distinct().sorted().mapToObj(i -> locks[i]).toList();
    held.forEach(ReentrantLock::lock);
    return () -> held.forEach(ReentrantLock::unlock);
  }

  private int index(Object key) {
    int hash = key.hashCode();
    return (hash ^ (hash >>> 16)) & (locks.length - 1);
  }
}
