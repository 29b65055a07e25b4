package dev.archive.ledger;

import dev.archive.ledger.GroupCommit.Session;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.Limit;
import dev.archive.model.Limits;
import dev.archive.model.Owner;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * What each owner has in the archive, and what it may have. The sums stand in one row per owner,
 * which the change of a batch moves on in its own transaction. What is registered counts, whether
 * or not its bytes have come: else many files could begin where one has room. What was aborted or
 * has expired counts no more.
 */
final class Quotas {
  static final String[] CREATE = {
    "ALTER TABLE batch ADD COLUMN registered_bytes BIGINT NOT NULL DEFAULT 0",
    // sum() fails where it overflows, as with files that were only registered, of any size. total()
    // does not, and is exact up to the size of the largest file.
    "UPDATE batch SET registered_bytes = (SELECT CAST(min(total(size), 9007199254740991) AS INTEGER)"
        + " FROM file WHERE file.batch_id = batch.id)",
    """
    CREATE TABLE usage (
      owner TEXT PRIMARY KEY,
      open_batches BIGINT NOT NULL,
      open_bytes BIGINT NOT NULL,
      files BIGINT NOT NULL,
      bytes BIGINT NOT NULL) WITHOUT ROWID""",
    """
    INSERT INTO usage SELECT owner,
      sum(status = 'uploading'),
      CAST(min(total((status = 'uploading') * registered_bytes), 1 << 62) AS INTEGER),
      sum((status NOT IN ('aborted', 'expired')) * registered_files),
      CAST(min(total((status NOT IN ('aborted', 'expired')) * registered_bytes), 1 << 62) AS INTEGER)
      FROM batch GROUP BY owner""",
    """
    CREATE TRIGGER usage_begins AFTER INSERT ON batch BEGIN
      INSERT INTO usage VALUES (NEW.owner, NEW.status = 'uploading', 0, 0, 0)
        ON CONFLICT (owner) DO UPDATE SET open_batches = open_batches + excluded.open_batches; END""",
    """
    CREATE TRIGGER usage_moves AFTER UPDATE OF status, registered_files, registered_bytes ON batch
      WHEN NEW.status != OLD.status OR NEW.registered_files != OLD.registered_files
        OR NEW.registered_bytes != OLD.registered_bytes BEGIN
      UPDATE usage SET
        open_batches = open_batches + (NEW.status = 'uploading') - (OLD.status = 'uploading'),
        open_bytes = open_bytes + (NEW.status = 'uploading') * NEW.registered_bytes
          - (OLD.status = 'uploading') * OLD.registered_bytes,
        files = files + (NEW.status NOT IN ('aborted', 'expired')) * NEW.registered_files
          - (OLD.status NOT IN ('aborted', 'expired')) * OLD.registered_files,
        bytes = bytes + (NEW.status NOT IN ('aborted', 'expired')) * NEW.registered_bytes
          - (OLD.status NOT IN ('aborted', 'expired')) * OLD.registered_bytes
        WHERE owner = NEW.owner; END"""
  };

  private static final String COLUMNS =
      "usage.owner, usage.open_batches, usage.open_bytes, usage.files, usage.bytes";

  /** Null where nothing is bounded. */
  private volatile Limits limits;

  /** What an owner has, inside of a transaction, and what it takes there. */
  static final class Room {
    private final Limits limits;
    private final String owner;
    private final Map<Limit, Long> used = new EnumMap<>(Limit.class);

    private Room(Limits limits, String owner) {
      this.limits = limits;
      this.owner = owner;
    }

    private void require(Limit limit, long more) {
      long max = limits.of(limit);
      long has = used.getOrDefault(limit, 0L);
      if (more > 0 && has > max - more) {
        throw new ArchiveException(
            ErrorCode.QUOTA_EXCEEDED,
            String.format(
                Locale.ROOT,
                "the owner %s is at its limit %s: %,d allowed, %,d used, %,d more asked for; this"
                    + " request registered nothing, and what is there stays. Ask the operator for a"
                    + " higher limit%s",
                owner,
                limit.label(),
                max,
                has,
                more,
                has > 0 ? ", or abort batches that are not needed" : ""),
            Map.of("limit", limit.label(), "max", max, "used", has, "asked", more),
            null);
      }
    }

    private void requireFiles(long files, long bytes) {
      require(Limit.FILES_PER_OWNER, files);
      require(Limit.BYTES_PER_OWNER, bytes);
      require(Limit.OPEN_BYTES_PER_OWNER, bytes);
    }

    /**
     * Takes room for files.
     *
     * @param files how many more, like bytes, which may be fewer
     * @throws ArchiveException {@link ErrorCode#QUOTA_EXCEEDED}
     */
    void take(long files, long bytes) {
      if (limits == null) {
        return;
      }
      requireFiles(files, bytes);
      used.merge(Limit.FILES_PER_OWNER, files, Long::sum);
      used.merge(Limit.BYTES_PER_OWNER, bytes, Long::sum);
      used.merge(Limit.OPEN_BYTES_PER_OWNER, bytes, Long::sum);
    }
  }

  /** What is bounded by nothing. */
  static final Room UNBOUNDED = new Room(null, null);

  /** Bounds what is changed from now on. */
  void bound(Limits to) {
    limits = to;
  }

  /**
   * Refuses another batch of an owner, if it alone or with what it declares is more than the owner
   * may have.
   *
   * @throws ArchiveException {@link ErrorCode#QUOTA_EXCEEDED}
   */
  void requireRoom(Session session, Owner owner, BatchState declared) throws SQLException {
    if (limits == null) {
      return;
    }
    Room room =
        room(
            session.prepare(
                "SELECT " + COLUMNS + " FROM usage WHERE usage.owner = ?", owner.name()),
            owner.name());
    room.require(Limit.OPEN_BATCHES_PER_OWNER, 1);
    room.requireFiles(declared.declaredFiles(), declared.declaredBytes());
  }

  /** What the owner of a batch has left. */
  Room ofBatch(Session session, BatchId id) throws SQLException {
    if (limits == null) {
      return UNBOUNDED;
    }
    return room(
        session.prepare(
            "SELECT "
                + COLUMNS
                + " FROM batch JOIN usage ON usage.owner = batch.owner WHERE batch.id = ?",
            id.value()),
        null);
  }

  private Room room(PreparedStatement statement, String owner) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      boolean known = row.next();
      Room room = new Room(limits, known ? row.getString("owner") : owner);
      if (known) {
        room.used.put(Limit.OPEN_BATCHES_PER_OWNER, row.getLong("open_batches"));
        room.used.put(Limit.OPEN_BYTES_PER_OWNER, row.getLong("open_bytes"));
        room.used.put(Limit.FILES_PER_OWNER, row.getLong("files"));
        room.used.put(Limit.BYTES_PER_OWNER, row.getLong("bytes"));
      }
      return room;
    }
  }
}
