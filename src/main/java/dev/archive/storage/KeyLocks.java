package dev.archive.storage;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One lock a key, for as long as somebody holds it or waits for it: who works on one key never
 * waits for who works on another.
 *
 * @param <K> keys with an order, in which many are held at once
 */
public final class KeyLocks<K extends Comparable<? super K>> {
  private final ConcurrentHashMap<K, Counted> locks = new ConcurrentHashMap<>();

  /** A lock and how many hold it or wait for it; the number changes inside the map's own lock. */
  private static final class Counted {
    private final ReentrantLock lock = new ReentrantLock();
    private int users;
  }

  /** Locks that are held; closing lets go. */
  public interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /** Waits for the lock of a key. */
  public Held hold(K key) {
    Counted counted =
        locks.compute(
            key,
            (same, known) -> {
              Counted its = known == null ? new Counted() : known;
              its.users++;
              return its;
            });
    counted.lock.lock();
    return () -> {
      counted.lock.unlock();
      locks.computeIfPresent(key, (same, its) -> --its.users == 0 ? null : its);
    };
  }

  /** Holds many, always in the same order, so that two who want the same never wait for ever. */
  public Held holdAll(Collection<K> keys) {
    Deque<Held> held = new ArrayDeque<>();
    List<K> inOrder = keys.stream().distinct().sorted().toList();
    inOrder.forEach(key -> held.push(hold(key)));
    return () -> held.forEach(Held::close);
  }

  /** How many keys are held or waited for. */
  int size() {
    return locks.size();
  }
}
