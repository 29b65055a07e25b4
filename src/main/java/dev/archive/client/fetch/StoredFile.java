package dev.archive.client.fetch;

import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;

/**
 * A file that a batch holds.
 *
 * @param size in bytes
 */
record StoredFile(LogicalPath path, long size, Sha256 sha256) {}
