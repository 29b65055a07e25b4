/**
 * What a closed bag says of its batch: how it is written, and how it is read back where the ledger
 * was lost. Sees bagit, ledger, storage and wire.
 *
 * <p>Its one hard rule: what is read back is proved by the bag's own manifests before it is told.
 */
@NullMarked
package dev.archive.server.bag;

import org.jspecify.annotations.NullMarked;
