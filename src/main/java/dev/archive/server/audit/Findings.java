package dev.archive.server.audit;

import dev.archive.model.Defect;
import dev.archive.model.Sha256;
import dev.archive.storage.StoreReader.Absent;
import dev.archive.storage.StoreReader.Bytes;
import dev.archive.storage.StoreReader.Held;
import dev.archive.storage.StoreReader.Other;
import dev.archive.storage.StoreReader.Unreadable;
import dev.archive.wire.Messages.AuditFinding;
import java.util.Objects;

/** What is said of an object that is not as the ledger says. */
final class Findings {
  private Findings() {}

  /** A finding that its defect says all of. */
  static AuditFinding of(String path, Defect defect) {
    return new AuditFinding(path, defect.toString(), null, null, null, null, null);
  }

  /**
   * Compares what stands under a name with what should.
   *
   * @param size that it should have, or null where only the digest tells
   * @return null where it is right, as far as it was read
   */
  static AuditFinding of(String path, Held held, Long size, Sha256 sha256) {
    if (held instanceof Bytes bytes) {
      boolean right =
          (size == null || bytes.size() == size)
              && (bytes.sha256() == null || bytes.sha256().equals(sha256));
      return right
          ? null
          : new AuditFinding(
              path,
              Defect.ALTERED.toString(),
              bytes.size(),
              size,
              Objects.toString(bytes.sha256(), null),
              sha256.hex(),
              null);
    }
    return new AuditFinding(
        path, defect(held).toString(), null, size, null, sha256.hex(), detail(held));
  }

  /** What is there and has no business there. */
  static AuditFinding extra(String path, Held held) {
    return held instanceof Unreadable
        ? new AuditFinding(path, defect(held).toString(), null, null, null, null, detail(held))
        : new AuditFinding(
            path,
            Defect.EXTRA.toString(),
            held instanceof Bytes bytes ? bytes.size() : null,
            null,
            null,
            null,
            detail(held));
  }

  private static Defect defect(Held held) {
    if (held instanceof Absent) {
      return Defect.MISSING;
    }
    return held instanceof Unreadable ? Defect.UNREADABLE : Defect.ALTERED;
  }

  private static String detail(Held held) {
    if (held instanceof Other other) {
      return other.kind();
    }
    return held instanceof Unreadable unreadable ? unreadable.why() : null;
  }
}
