/**
 * The uploader: plan, open, reconcile, send, reconcile again, finalize, receipt. Knows model, wire,
 * source, durable files and bagit, never the server; it is the only package that knows OkHttp.
 *
 * <p>{@code UploadRun} reads top to bottom as the run does. Resume is no second code path: it is
 * the same run that finds less to do.
 *
 * <p>Its one hard rule: no single answer is trusted. A batch counts as complete only when the
 * server's own state, asked anew, holds the plan. What proves that on servers without versions is
 * told at {@code UnversionedBatch}.
 *
 * <p>Its locks: {@code OneAtATimeIngestApi.turn} lets one call at a time change the state of a
 * batch, held over that call, which is its purpose; {@code HttpIngestApi.secure} makes the client
 * for TLS once, over reading the trusted certificates, which all who ask for it need; {@code
 * BundleSize}, {@code HeadTimeout} and {@code BufferedSockets} guard their own few fields, over no
 * I/O.
 */
package dev.archive.client;
