/**
 * Local files: what there is to archive, and its bytes. Knows the model, and what failures of the
 * file system mean.
 *
 * <p>Its one hard rule: nothing that was found is dropped in silence. What cannot be archived is
 * named, with the reason.
 */
@NullMarked
package dev.archive.source;

import org.jspecify.annotations.NullMarked;
