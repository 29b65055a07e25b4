/**
 * From a request to a use case, and from its result to an answer: routes, limits, signed URLs, pace
 * of bodies. Sees {@code ingest}, {@code audit}, {@code bag}, ledger and wire. It and the server's
 * start are the only places that know Jetty.
 *
 * <p>{@code Router} has the table of all calls: method, path, what it asks of the caller, and the
 * method that answers it, in one class per subject ({@code BatchCalls}, {@code FileCalls}, …). An
 * {@code Exchange} is one request and its answer. What becomes known of it on the way is in its
 * {@code RequestNotes}, from which {@code AccessLog} makes a line of the log and {@code Metrics}
 * the figures for monitors.
 *
 * <p>Its one hard rule: any exception anywhere becomes one answer, in {@code Problems}.
 *
 * <p>Its locks: {@code BodyPace} and {@code ConnectionWatch} guard their own few fields, over no
 * I/O.
 */
package dev.archive.server.http;
