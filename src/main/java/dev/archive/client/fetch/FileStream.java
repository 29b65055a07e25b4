package dev.archive.client.fetch;

import dev.archive.client.api.FilePiece;
import dev.archive.client.api.IngestApi;
import dev.archive.client.api.IngestApi.ByteConsumer;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sha256;
import java.security.MessageDigest;

/** Reads one file in ranges, and proves it. */
final class FileStream {
  /** In bytes: each range has attempts of its own. */
  private static final long RANGE = 32 << 20;

  private final IngestApi api;
  private final BatchId batch;

  FileStream(IngestApi api, BatchId batch) {
    this.api = api;
    this.batch = batch;
  }

  /**
   * Reads a file from a byte on.
   *
   * @param from the first byte that is read
   * @param digest of the bytes before it
   * @throws ArchiveException {@link ErrorCode#FIXITY_MISMATCH} where the bytes, which were given
   *     then, are not those of the file
   */
  void read(StoredFile file, long from, MessageDigest digest, ByteConsumer bytes) {
    for (long at = from; at < file.size(); at += RANGE) {
      long to = Math.min(at + RANGE, file.size());
      api.content(
          batch,
          new FilePiece(file.path(), file.sha256(), file.size(), at, to),
          (read, length) -> {
            digest.update(read, 0, length);
            bytes.accept(read, length);
          });
    }
    if (!Sha256.of(digest).equals(file.sha256())) {
      throw altered();
    }
  }

  /** That a file is not what it was. */
  static ArchiveException altered() {
    return new ArchiveException(
        ErrorCode.FIXITY_MISMATCH, "the bytes that the server gives are not those archived");
  }
}
