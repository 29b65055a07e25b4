/**
 * Bytes at rest. Knows the model and durable files, nothing of batches' state and nothing of HTTP.
 *
 * <p>{@link dev.archive.storage.ByteStore} is what the server sees; {@link
 * dev.archive.storage.DirectoryByteStore} is its one implementation. What audits and rebuilds look
 * at on the disk is of the directory alone.
 *
 * <p>Its one hard rule: under its final key an object is absent, or whole and durable; and finished
 * objects are never written again.
 *
 * <p>Parts of a large object are written at their places in one file, where their sender cuts it as
 * it was told. Parts of other sizes are files of their own, and are copied together when all sizes
 * are known.
 *
 * <p>Bytes arrive and get their names in directories that are held open, so that no link planted in
 * the place of one leads them elsewhere; tag files are written, and all is removed, the same way.
 * Directories are made and bytes read by their paths: who can write below the root is trusted, and
 * the audit finds what they did.
 *
 * <p>Its locks.
 *
 * <table>
 *   <caption>What each lock guards, and what is done while it is held</caption>
 *   <tr><th>lock</th><th>guards</th><th>held over</th></tr>
 *   <tr><td>{@code DirectoryParts.Writer}, one for each part that is being written</td>
 *     <td>the right to write it</td><td>one write of 256 KiB at most</td></tr>
 *   <tr><td>{@code DirectoryParts.turns}, one for each upload that is written to</td>
 *     <td>that one write at a time goes into its file</td><td>the same write</td></tr>
 *   <tr><td>{@code KeyLocks.Counted.users}, in the map's own lock</td>
 *     <td>who holds or awaits a key</td><td>counting</td></tr>
 *   <tr><td>{@code PartDigests.running}</td><td>which uploads are being hashed</td>
 *     <td>one look-up</td></tr>
 *   <tr><td>{@code PartDigests.Running}</td><td>which parts of one upload have arrived</td>
 *     <td>one look-up</td></tr>
 *   <tr><td>{@code PartDigests.Running.hashing}, one for each upload</td>
 *     <td>how far it is hashed</td><td>hashing this upload; only its own complete waits</td></tr>
 * </table>
 */
@NullMarked
package dev.archive.storage;

import org.jspecify.annotations.NullMarked;
