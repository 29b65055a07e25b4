package dev.archive.server.http;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts requests since the server started. There is one set of counters for each route of the
 * table, and one for all requests that ask for none: what requests say makes no more of them.
 */
public final class Metrics {
  /** For requests without a route. */
  private static final Route OTHER = new Route("other", "other", Access.PUBLIC, exchange -> {});

  private final ConcurrentMap<Route, OfRoute> routes = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, LongAdder> errors = new ConcurrentHashMap<>();

  /** The counters of one route. */
  static final class OfRoute {
    private final ConcurrentMap<Integer, LongAdder> statuses = new ConcurrentHashMap<>();
    final LongAdder bytesIn = new LongAdder();
    final LongAdder bytesOut = new LongAdder();
    final LongAdder nanos = new LongAdder();

    /** How many requests were answered with each status. */
    Map<Integer, Long> statuses() {
      return sums(statuses);
    }
  }

  /** Nothing counted so far. */
  public Metrics() {}

  /**
   * Counts a request that has ended.
   *
   * @param route null where it asked for none
   * @param error its name, one of ours; null where it succeeded
   */
  void count(Route route, int status, long bytesIn, long bytesOut, long nanos, String error) {
    OfRoute counters = routes.computeIfAbsent(route == null ? OTHER : route, each -> new OfRoute());
    counters.statuses.computeIfAbsent(status, each -> new LongAdder()).increment();
    counters.bytesIn.add(bytesIn);
    counters.bytesOut.add(bytesOut);
    counters.nanos.add(nanos);
    if (error != null) {
      errors.computeIfAbsent(error, each -> new LongAdder()).increment();
    }
  }

  /** The counters of each route that was asked for. */
  Map<Route, OfRoute> routes() {
    return routes;
  }

  /** How often each error was answered, by its name. */
  Map<String, Long> errors() {
    return sums(errors);
  }

  private static <K extends Comparable<K>> Map<K, Long> sums(Map<K, LongAdder> counters) {
    Map<K, Long> sums = new TreeMap<>();
    counters.forEach((key, counter) -> sums.put(key, counter.sum()));
    return sums;
  }
}
