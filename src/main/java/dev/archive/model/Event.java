package dev.archive.model;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One change of a batch: what took it from the version before to this one.
 *
 * @param version that the change made
 * @param path of the file that changed; null where the batch did
 * @param size of that file in bytes; of a batch, of all its files
 * @param sha256 of that file, where it is known; of a finalized batch, of its manifest
 * @param status of the batch after a change of its own; null where a file changed
 * @param operation what asked for it
 * @param at when, to the millisecond; for people: no order follows from it
 */
public record Event(
    long version,
    EventKind kind,
    @Nullable LogicalPath path,
    @Nullable Long size,
    @Nullable Sha256 sha256,
    @Nullable BatchStatus status,
    String operation,
    Instant at) {
  /**
   * The hash by which the event is chained to the one before it: SHA-256 of ten lines of UTF-8,
   * each ended by a line feed, empty where there is nothing to say: the hash before in hex, batch,
   * version, kind, path, size, sha256 in hex, status, operation, time (ISO-8601 in UTC).
   *
   * @param before the hash of the event before; {@link EventChain#START} where there is none
   */
  public Sha256 hash(BatchId batch, Sha256 before) {
    String lines =
        before.hex()
            + '\n'
            + batch
            + '\n'
            + version
            + '\n'
            + kind
            + '\n'
            + Objects.toString(path, "")
            + '\n'
            + Objects.toString(size, "")
            + '\n'
            + Objects.toString(sha256, "")
            + '\n'
            + Objects.toString(status, "")
            + '\n'
            + operation
            + '\n'
            + IsoTime.text(at)
            + '\n';
    return Sha256.of(lines.getBytes(StandardCharsets.UTF_8));
  }
}
