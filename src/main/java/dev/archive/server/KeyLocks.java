package dev.archive.server;

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
    int hash = key.hashCode();
    ReentrantLock lock = locks[(hash ^ (hash >>> 16)) & (locks.length - 1)];
    lock.lock();
    return lock::unlock;
  }
}
