/**
 * Values and errors: the words of the archive (batch, entry, plan, digest, receipt). Knows nothing
 * of ours and nothing third-party.
 *
 * <p>Its one hard rule: a value parses or does not exist, so that no unchecked path, id or digest
 * travels further.
 */
@NullMarked
package dev.archive.model;

import org.jspecify.annotations.NullMarked;
