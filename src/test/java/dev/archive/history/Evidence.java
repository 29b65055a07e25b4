package dev.archive.history;

import dev.archive.model.BatchId;
import dev.archive.model.Event;
import dev.archive.model.Sha256;
import java.util.List;
import java.util.Map;

/**
 * All that is known of one batch after a run.
 *
 * @param calls what its clients saw, in any order
 * @param events what the server says it went through
 * @param completed the files that the server says are complete, with their digests
 * @param stored the digests of the bytes that are on its disk, by path
 */
record Evidence(
    BatchId batch,
    List<Call> calls,
    List<Recorded> events,
    Map<String, Sha256> completed,
    Map<String, Sha256> stored) {
  /** An event with the hash that stands beside it. */
  record Recorded(Event event, Sha256 hash) {}
}
