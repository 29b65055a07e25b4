package dev.archive.server.ingest;

import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchState;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.storage.Stored;
import dev.archive.wire.Routes;
import java.util.Map;

/** What use cases refuse, said once. */
final class Checks {
  private Checks() {}

  /** The path that an object key of a batch names. */
  static LogicalPath path(BatchLedger ledger, BatchId id, String key) {
    String prefix = Routes.keyPrefix(id);
    require(key != null && !key.isEmpty(), "r2_key is missing");
    if (!key.startsWith(prefix + "/")) {
      ledger.batch(id);
      throw new ArchiveException(ErrorCode.FILE_NOT_FOUND, "File not found in batch");
    }
    return LogicalPath.parse(key.substring(prefix.length()));
  }

  static void requireNotGone(BatchState batch) {
    if (batch.status().isGone()) {
      requireUploading(batch);
    }
  }

  static void requireUploading(BatchState batch) {
    if (batch.status() != BatchStatus.UPLOADING) {
      throw new ArchiveException(
          ErrorCode.NOT_UPLOADING, "Batch status is " + batch.status() + ", expected uploading");
    }
  }

  static void requireDigest(LogicalPath path, Sha256 expected, Stored stored) {
    if (expected != null && !expected.equals(stored.sha256())) {
      throw new ArchiveException(
          ErrorCode.FIXITY_MISMATCH,
          "the bytes of "
              + path
              + " that arrived have SHA-256 "
              + stored.sha256()
              + ", not "
              + expected,
          Map.of("expected", expected.hex(), "actual", stored.sha256().hex()),
          null);
    }
  }

  static Sha256 agreed(String sha256, String cid) {
    Sha256 one = sha256 == null ? null : Sha256.parse(sha256);
    Sha256 other = cid == null ? null : Sha256.parseCid(cid);
    require(
        one == null || other == null || one.equals(other),
        "sha256 and cid are not the same digest");
    return one == null ? other : one;
  }

  static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new ArchiveException(ErrorCode.INVALID_REQUEST, otherwise);
    }
  }
}
