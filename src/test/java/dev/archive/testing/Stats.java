package dev.archive.testing;

import java.util.Map;

/**
 * What went through the proxy so far.
 *
 * @param connections accepted from clients
 * @param requests whose head was read in full
 * @param receivedBytes of requests, read from clients
 * @param receivedBodyBytes of these, payload of bodies (without chunk framing)
 * @param requestBytes forwarded to upstream, duplicates included
 * @param bodyBytes of these, payload of bodies
 * @param upstreamFailures connections that upstream refused
 * @param faults made, by action; a fault whose place a message never reached is not counted
 */
public record Stats(
    long connections,
    long requests,
    long receivedBytes,
    long receivedBodyBytes,
    long requestBytes,
    long bodyBytes,
    long upstreamFailures,
    Map<Action.Kind, Long> faults) {

  /** Returns how many faults of one kind were made. */
  public long faults(Action.Kind kind) {
    return faults.getOrDefault(kind, 0L);
  }

  /** Returns how many faults were made in all. */
  public long allFaults() {
    return faults.values().stream().mapToLong(Long::longValue).sum();
  }
}
