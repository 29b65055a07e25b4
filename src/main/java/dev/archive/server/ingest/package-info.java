/**
 * The use cases, without HTTP: open a batch, register, receive, complete, finalize, abort. Sees
 * {@code bag}, storage, ledger, bagit and wire.
 *
 * <p>Its one hard rule: bytes first, ledger second, answer last.
 *
 * <table>
 *   <caption>What each lock guards, and what is done while it is held</caption>
 *   <tr><th>lock</th><th>guards</th><th>held over</th></tr>
 *   <tr><td>{@code objects}, one for each object in use, shared by all who touch one</td>
 *     <td>that no late PUT comes between the proof of an object's bytes and their record</td>
 *     <td>publishing, hashing and recording this object; those of one bundle's group or of one call
 *     about many simple files together, in the order of their keys</td></tr>
 *   <tr><td>{@code Finalization.finalizing}, one for each batch in use</td>
 *     <td>that one caller at a time writes the batch's bag</td>
 *     <td>writing that bag; it may take locks of objects</td></tr>
 *   <tr><td>{@code ArrivedObjects}</td><td>the memory of what arrived</td><td>one look-up</td></tr>
 *   <tr><td>{@code Activity.told}</td><td>when the ledger was told of a batch</td>
 *     <td>one look-up; the ledger is told outside</td></tr>
 * </table>
 */
package dev.archive.server.ingest;
