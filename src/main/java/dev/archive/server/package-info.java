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
 *
 * <p>Its locks. None is needed for what is right across processes: rows of the ledger and names
 * that are made once decide that.
 *
 * <table>
 *   <caption>What each lock guards, and what is done while it is held</caption>
 *   <tr><th>lock</th><th>guards</th><th>held over</th></tr>
 *   <tr><td>{@code IngestService.objects}, one for each object in use</td>
 *     <td>that no late PUT comes between the proof of an object's bytes and their record</td>
 *     <td>publishing, hashing and recording this object; those of one bundle's group or of one call
 *     about many simple files together, in the order of their keys</td></tr>
 *   <tr><td>{@code IngestService.finalizing}, one for each batch in use</td>
 *     <td>that one caller at a time writes the batch's bag</td>
 *     <td>writing that bag; it may take locks of objects</td></tr>
 *   <tr><td>{@code ArrivedObjects}</td><td>the memory of what arrived</td><td>one look-up</td></tr>
 *   <tr><td>{@code Activity.told}</td><td>when the ledger was told of a batch</td>
 *     <td>one look-up; the ledger is told outside</td></tr>
 *   <tr><td>{@code Grace}</td><td>when the grace period began</td><td>reading two clocks</td></tr>
 * </table>
 */
package dev.archive.server;
