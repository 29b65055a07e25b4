/**
 * The ingest server as a whole: start, stop, locks of the root, housekeeping, and the wiring of its
 * rooms. HTTP is on one side, bytes and ledger on the other; it never sees the client.
 *
 * <ul>
 *   <li>{@code http}: from a request to a use case, and from its result to an answer
 *   <li>{@code ingest}: the use cases: register, receive, complete, finalize, abort
 *   <li>{@code audit}: reads again what is stored
 *   <li>{@code notify}: tells others of finalized batches
 *   <li>{@code bag}: what a closed bag says of its batch
 *   <li>{@code work}: threads
 * </ul>
 *
 * <p>A request goes Jetty → {@code Router} → {@code IngestService} (the use cases, without HTTP) →
 * bytes, durable → ledger, durable → answer. Any exception anywhere becomes an answer in {@code
 * Problems}.
 *
 * <p>Its one hard rule: bytes first, ledger second, answer last. A crash between leaves an object
 * that no record names, never a record without its bytes.
 *
 * <p>Its locks, and those of its rooms. None is needed for what is right across processes: rows of
 * the ledger and names that are made once decide that. {@code Grace} guards when the grace period
 * began, over reading two clocks. {@code LogWriter} guards its target, which is one file or stream.
 */
@NullMarked
package dev.archive.server;

import org.jspecify.annotations.NullMarked;
