/**
 * BagIt bags (RFC 8493): payload manifest and tag files, read and written. Knows the model alone.
 *
 * <p>Its one hard rule: in manifest paths exactly CR, LF and {@code %} are percent-encoded, and
 * nothing else.
 */
@NullMarked
package dev.archive.bagit;

import org.jspecify.annotations.NullMarked;
