package dev.archive.server.http;

import dev.archive.model.Limits;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/** The bodies that are waited for, judged by a timer and not only when something arrives. */
public final class SlowBodies implements Runnable {
  private final Set<BodyReader<?>> waiting = ConcurrentHashMap.newKeySet();
  private final LongSupplier nanos;
  private final Executor executor;
  private final Limits limits;

  /**
   * Sets it up.
   *
   * @param nanos a monotonic clock, in nanoseconds
   * @param executor on which the requests of bodies that are too slow are answered
   * @param limits how slow they may be
   */
  public SlowBodies(LongSupplier nanos, Executor executor, Limits limits) {
    this.nanos = nanos;
    this.executor = executor;
    this.limits = limits;
  }

  Limits limits() {
    return limits;
  }

  long nanos() {
    return nanos.getAsLong();
  }

  void add(BodyReader<?> body) {
    waiting.add(body);
  }

  void remove(BodyReader<?> body) {
    waiting.remove(body);
  }

  /** Ends all that are too slow. */
  @Override
  public void run() {
    long now = nanos();
    waiting.forEach(body -> body.judge(now, executor));
  }
}
