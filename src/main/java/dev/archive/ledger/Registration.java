package dev.archive.ledger;

import dev.archive.model.Entry;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;

/**
 * What an uploader says of a file before its bytes come.
 *
 * @param sha256 the digest its bytes must have, or null where it is not known yet
 * @param processing JSON text or null
 * @param uploadId names one attempt at a multipart upload; null for a simple one, like partSize
 */
public record Registration(
    LogicalPath path,
    long size,
    Sha256 sha256,
    String contentType,
    String processing,
    String uploadId,
    Long partSize) {
  /** A file of which nothing better is said is any bytes. */
  public Registration {
    contentType = contentType == null ? "application/octet-stream" : contentType;
  }

  /** That of a file whose bytes are here already. */
  static Registration ofStored(Entry stored) {
    return new Registration(stored.path(), stored.size(), stored.sha256(), null, null, null, null);
  }

  /** The same with the upload of another, which goes on. */
  Registration continuing(Registration other) {
    return new Registration(
        path, size, sha256, contentType, processing, other.uploadId, other.partSize);
  }
}
