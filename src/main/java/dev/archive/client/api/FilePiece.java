package dev.archive.client.api;

import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;

/**
 * Some bytes of a stored file.
 *
 * @param sha256 of the whole file
 * @param size of the whole file in bytes
 * @param from the first, counted from 0
 * @param to the one behind the last
 */
public record FilePiece(LogicalPath path, Sha256 sha256, long size, long from, long to) {
  /** The rest of it from a byte on. */
  FilePiece restFrom(long byteNumber) {
    return new FilePiece(path, sha256, size, byteNumber, to);
  }

  boolean isWhole() {
    return from == 0 && to == size;
  }
}
