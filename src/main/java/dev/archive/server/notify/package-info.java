/**
 * Tells others of finalized batches: a URL, or a command. Sees {@code bag}, ledger, storage and
 * wire.
 *
 * <p>Its one hard rule: a message leaves the ledger only when it was taken, or was tried in vain
 * often enough.
 */
@NullMarked
package dev.archive.server.notify;

import org.jspecify.annotations.NullMarked;
