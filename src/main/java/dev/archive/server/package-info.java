/**
 * The ingest server: HTTP on one side, bytes and ledger on the other. Knows model, wire, durable
 * files, storage, ledger and bagit, never the client; it is the only package that knows Jetty.
 *
 * <p>A request goes Jetty → {@code Router} (parses into model values) → {@code IngestService} (the
 * use cases, without HTTP) → bytes, durable → ledger, durable → answer. Any exception anywhere
 * becomes an answer in {@code Problems}.
 *
 * <p>Its one hard rule: bytes first, ledger second, answer last. A crash between leaves an object
 * nobody speaks of, never a record without its bytes.
 */
package dev.archive.server;
