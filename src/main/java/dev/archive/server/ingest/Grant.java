package dev.archive.server.ingest;

import dev.archive.model.BatchId;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;

/**
 * What one upload URL allows.
 *
 * @param uploadId null for a simple upload, and then part is 0
 * @param size of the body, in bytes: exactly, or at most
 * @param exact whether it must be exactly that
 * @param sha256 of the body, or null
 */
public record Grant(
    BatchId batch,
    LogicalPath path,
    String uploadId,
    int part,
    long size,
    boolean exact,
    Sha256 sha256) {
  /** One that allows exactly this size. */
  public Grant(
      BatchId batch, LogicalPath path, String uploadId, int part, long size, Sha256 sha256) {
    this(batch, path, uploadId, part, size, true, sha256);
  }

  /** The same for exactly so many bytes. */
  Grant exactly(long bytes) {
    return new Grant(batch, path, uploadId, part, bytes, true, sha256);
  }
}
