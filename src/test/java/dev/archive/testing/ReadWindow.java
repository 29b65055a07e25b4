package dev.archive.testing;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Forces the race that a key-value store only makes likely: holds calls that have read until as
 * many as wanted have read, and then lets all of them write. A call that no other follows is let go
 * after a short quiet time, so calls made one at a time are slowed but never lost.
 */
final class ReadWindow {
  private static final long PATIENCE = TimeUnit.MILLISECONDS.toNanos(250);

  private final int size;
  private final long quiet;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private int reading;
  private int waiting;
  private long lastRead;
  private long generation;

  ReadWindow(int size, Duration quiet) {
    this.size = size;
    this.quiet = quiet.toNanos();
  }

  /** Reads, waits for others to have read as well, and returns what is now perhaps out of date. */
  <T> T overlap(Supplier<T> read) {
    if (size <= 1) {
      return read.get();
    }
    announce(1);
    T value;
    try {
      value = read.get();
    } finally {
      announce(-1);
    }
    awaitOthers();
    return value;
  }

  private void announce(int change) {
    lock.lock();
    try {
      reading += change;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void awaitOthers() {
    lock.lock();
    try {
      long mine = generation;
      long start = System.nanoTime();
      lastRead = start;
      waiting++;
      while (generation == mine) {
        long now = System.nanoTime();
        // A call on its way is waited for; without one, only a newcomer within the quiet time.
        long patienceLeft = PATIENCE - (now - start);
        long left = reading > 0 ? patienceLeft : Math.min(patienceLeft, quiet - (now - lastRead));
        if (waiting >= size || left <= 0) {
          generation++;
          waiting = 0;
          changed.signalAll();
        } else {
          changed.awaitNanos(left);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }
}
