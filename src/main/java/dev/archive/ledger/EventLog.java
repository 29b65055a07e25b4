package dev.archive.ledger;

import dev.archive.ledger.GroupCommit.Session;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.ErrorCode;
import dev.archive.model.Event;
import dev.archive.model.EventChain;
import dev.archive.model.EventKind;
import dev.archive.model.LogicalPath;
import dev.archive.model.Operation;
import dev.archive.model.Sha256;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;

/**
 * The one step by which a batch comes to its next version: an event that says what changed is
 * added, and its row moves there, in the transaction of the change itself. Nothing else writes a
 * version. Each event is chained to the one before it by a hash.
 */
final class EventLog {
  private static final String INSERT =
      "INSERT INTO event (batch_id, version, kind, path, size, sha256, status, operation, keyed,"
          + " at, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private EventLog() {}

  /**
   * A batch inside a transaction.
   *
   * @param hash of its last event
   * @param stored the version that its row has
   */
  record Head(BatchState batch, Sha256 hash, long stored) {}

  /** The batch as this transaction sees it, or null where there is none. */
  static BatchState find(Session session, BatchId id) throws SQLException {
    Head known = session.heads.get(id);
    if (known != null) {
      return known.batch();
    }
    BatchState batch = Rows.batchOf(session.prepare(Rows.SELECT_BATCH, id.value()));
    if (batch != null) {
      session.heads.put(id, new Head(batch, hashAt(session, id, batch.version()), batch.version()));
    }
    return batch;
  }

  /**
   * The batch as this transaction sees it.
   *
   * @throws ArchiveException {@link ErrorCode#BATCH_NOT_FOUND}
   */
  static BatchState batch(Session session, BatchId id) throws SQLException {
    return Rows.known(find(session, id));
  }

  /** Notes that a batch is in use: no change of it, and no event. */
  static int touch(Session session, BatchId id, long now, long before) throws SQLException {
    settle(session);
    session.heads.remove(id);
    return session.update(
        "UPDATE batch SET active_at = ? WHERE id = ? AND status = 'uploading' AND active_at <= ?",
        now,
        id.value(),
        before);
  }

  /**
   * Adds a batch at version 1.
   *
   * @param kind of its first event
   * @param operation whose key, where it has one, finds the batch again
   * @param at when it is added
   */
  static void begin(
      Session session, BatchState batch, EventKind kind, Operation operation, Instant at)
      throws SQLException {
    session.update(
        "INSERT INTO batch ("
            + Rows.BATCH_COLUMNS
            + ", idempotency_key, owner)"
            + " VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?, ?, NULL, NULL, NULL, 0, ?, ?)",
        batch.id().value(),
        batch.sessionId(),
        batch.status().toString(),
        batch.uploader(),
        batch.rootPath(),
        batch.parentPi(),
        batch.metadata(),
        batch.customPrompts(),
        batch.declaredFiles(),
        batch.declaredBytes(),
        batch.createdAt().toEpochMilli(),
        batch.createdAt().toEpochMilli(),
        operation.keyed() ? operation.ownedId() : null,
        operation.owner().name());
    Sha256 hash =
        insert(
            session,
            batch.id(),
            ofBatch(kind, batch, batch.declaredBytes(), null, operation, at),
            EventChain.START,
            operation.keyed());
    session.heads.put(batch.id(), new Head(batch, hash, batch.version()));
  }

  /** A batch loses its files, which are about to be registered again from its bag. */
  static void empty(Session session, BatchId id) throws SQLException {
    Head head = session.heads.get(id);
    session.heads.put(id, new Head(head.batch().emptied(), head.hash(), head.stored()));
    session.update("DELETE FROM file WHERE batch_id = ?", id.value());
    session.update("DELETE FROM part WHERE batch_id = ?", id.value());
  }

  /** Takes a batch to its next version, in which a file changed. */
  static void append(
      Session session,
      BatchState next,
      EventKind kind,
      LogicalPath path,
      long size,
      Sha256 sha256,
      Operation operation,
      Instant at)
      throws SQLException {
    append(
        session,
        next,
        new Event(next.version(), kind, path, size, sha256, null, operation.id(), at),
        operation.keyed());
  }

  /** Takes a batch to its next version, in which its status changed. */
  static void append(
      Session session, BatchState next, EventKind kind, Operation operation, Instant at)
      throws SQLException {
    append(
        session,
        next,
        ofBatch(kind, next, next.completedBytes(), next.manifestSha256(), operation, at),
        operation.keyed());
  }

  /** Takes a batch to its next version, in which what it declares was replaced. */
  static void amended(
      Session session, BatchState next, Sha256 skipped, Operation operation, Instant at)
      throws SQLException {
    append(
        session,
        next,
        ofBatch(EventKind.AMENDED, next, next.completedBytes(), skipped, operation, at),
        operation.keyed());
  }

  private static Event ofBatch(
      EventKind kind,
      BatchState batch,
      long bytes,
      Sha256 manifest,
      Operation operation,
      Instant at) {
    return new Event(
        batch.version(), kind, null, bytes, manifest, batch.status(), operation.id(), at);
  }

  private static void append(Session session, BatchState next, Event event, boolean keyed)
      throws SQLException {
    Head head = session.heads.get(next.id());
    if (head.batch().version() != next.version() - 1) {
      throw new IllegalStateException(
          "batch " + next.id() + " is at version " + head.batch().version());
    }
    Sha256 hash = insert(session, next.id(), event, head.hash(), keyed);
    session.heads.put(next.id(), new Head(next, hash, head.stored()));
  }

  /** Writes the row of each batch that has moved on, once for all the versions that it went. */
  static void settle(Session session) throws SQLException {
    for (Map.Entry<BatchId, Head> each : session.heads.entrySet()) {
      Head head = each.getValue();
      if (head.batch().version() != head.stored()) {
        move(session, head.batch(), head.stored());
        each.setValue(new Head(head.batch(), head.hash(), head.batch().version()));
      }
    }
  }

  private static void move(Session session, BatchState next, long before) throws SQLException {
    Instant finalizedAt = next.finalizedAt();
    int moved =
        session.update(
            "UPDATE batch SET version = ?, status = ?, registered_files = ?, registered_bytes = ?,"
                + " completed_files = ?,"
                + " completed_bytes = ?, declared_files = ?, declared_bytes = ?, active_at = ?, finalized_at = ?, manifest_sha256 = ?,"
                + " finalized_version = ? WHERE id = ? AND version = ?",
            next.version(),
            next.status().toString(),
            next.registeredFiles(),
            next.registeredBytes(),
            next.completedFiles(),
            next.completedBytes(),
            next.declaredFiles(),
            next.declaredBytes(),
            next.activeAt().toEpochMilli(),
            finalizedAt == null ? null : finalizedAt.toEpochMilli(),
            Rows.hex(next.manifestSha256()),
            next.finalizedVersion(),
            next.id().value(),
            before);
    if (moved != 1) {
      throw new SQLException("batch " + next.id() + " is not at version " + before + " any more");
    }
  }

  private static Sha256 hashAt(Session session, BatchId batch, long version) throws SQLException {
    PreparedStatement statement =
        session.prepare(
            "SELECT hash FROM event WHERE batch_id = ? AND version = ?", batch.value(), version);
    try (ResultSet row = statement.executeQuery()) {
      if (!row.next()) {
        throw new SQLException("batch " + batch + " has no event of version " + version);
      }
      return Sha256.ofDigest(row.getBytes(1));
    }
  }

  private static Sha256 insert(
      Session session, BatchId batch, Event event, Sha256 before, boolean keyed)
      throws SQLException {
    Sha256 hash = event.hash(batch, before);
    session.update(INSERT, row(batch, event, keyed, hash));
    return hash;
  }

  private static Object[] row(BatchId batch, Event event, boolean keyed, Sha256 hash) {
    return new Object[] {
      batch.value(),
      event.version(),
      event.kind().toString(),
      Objects.toString(event.path(), null),
      event.size(),
      event.sha256() == null ? null : event.sha256().bytes(),
      Objects.toString(event.status(), null),
      event.operation(),
      keyed ? 1 : 0,
      event.at().toEpochMilli(),
      hash.bytes()
    };
  }

  /** Whether what an operation that a client named asks of a file has taken effect before. */
  static boolean holds(Session session, BatchId batch, Operation operation, LogicalPath path)
      throws SQLException {
    if (!operation.keyed()) {
      return false;
    }
    PreparedStatement statement =
        session.prepare(
            "SELECT 1 FROM event WHERE batch_id = ? AND operation = ? AND path = ? AND keyed = 1"
                + " AND kind IN ('registered', 'replaced') UNION ALL"
                + " SELECT 1 FROM answered WHERE batch_id = ? AND operation = ? AND path = ?",
            batch.value(),
            operation.id(),
            path.toString(),
            batch.value(),
            operation.id(),
            path.toString());
    try (ResultSet row = statement.executeQuery()) {
      return row.next();
    }
  }

  /** Whether an operation that a client named has completed a file before. */
  static boolean completed(Session session, BatchId batch, Operation operation, LogicalPath path)
      throws SQLException {
    if (!operation.keyed()) {
      return false;
    }
    PreparedStatement statement =
        session.prepare(
            "SELECT 1 FROM event WHERE batch_id = ? AND operation = ? AND path = ? AND keyed = 1"
                + " AND kind = 'completed'",
            batch.value(),
            operation.id(),
            path.toString());
    try (ResultSet row = statement.executeQuery()) {
      return row.next();
    }
  }

  /** Notes that what a client's operation asks of a file is so already: no change, and no event. */
  static void answer(Session session, BatchId batch, Operation operation, LogicalPath path)
      throws SQLException {
    if (operation.keyed() && !holds(session, batch, operation, path)) {
      session.update(
          "INSERT INTO answered (batch_id, operation, path) VALUES (?, ?, ?)",
          batch.value(),
          operation.id(),
          path.toString());
    }
  }

  /**
   * Begins what an operation asks of a batch: at a version that it may take effect at, and under a
   * key that no other request has.
   *
   * @throws ArchiveException {@link ErrorCode#VERSION_CONFLICT}; {@link ErrorCode#CONFLICT} where
   *     the key belongs to another request; {@link ErrorCode#BATCH_NOT_FOUND}
   */
  static void admit(Session session, BatchId id, Operation operation) throws SQLException {
    operation.condition().requireMatch(batch(session, id).version());
    if (!operation.keyed() || operation.request() == null) {
      return;
    }
    int added =
        session.update(
            "INSERT OR IGNORE INTO request (batch_id, operation, sha256) VALUES (?, ?, ?)",
            id.value(),
            operation.id(),
            operation.request().bytes());
    if (added == 0 && !operation.request().equals(requestOf(session, id, operation))) {
      throw new ArchiveException(
          ErrorCode.CONFLICT,
          "the Idempotency-Key belongs to another request about this batch; nothing was changed");
    }
  }

  private static Sha256 requestOf(Session session, BatchId id, Operation operation)
      throws SQLException {
    PreparedStatement statement =
        session.prepare(
            "SELECT sha256 FROM request WHERE batch_id = ? AND operation = ?",
            id.value(),
            operation.id());
    try (ResultSet row = statement.executeQuery()) {
      return row.next() ? Sha256.ofDigest(row.getBytes(1)) : null;
    }
  }

  /** A batch has ended: nothing of it is registered any more. */
  static void forgetAnswers(Session session, BatchId batch) throws SQLException {
    session.update("DELETE FROM answered WHERE batch_id = ?", batch.value());
    session.update("DELETE FROM request WHERE batch_id = ?", batch.value());
  }

  /** Begins the history of each batch that has none, at the version that it has reached. */
  static void adopt(Connection connection, Instant now) throws SQLException {
    try (PreparedStatement batches =
            connection.prepareStatement(
                "SELECT " + Rows.FIRST_BATCH_COLUMNS + ", 0 AS registered_bytes FROM batch");
        ResultSet rows = batches.executeQuery()) {
      while (rows.next()) {
        BatchState batch = Rows.batchRow(rows);
        Event event =
            ofBatch(
                EventKind.ADOPTED,
                batch,
                batch.completedBytes(),
                batch.manifestSha256(),
                Operation.unnamed("migration"),
                now);
        Object[] row = row(batch.id(), event, false, event.hash(batch.id(), EventChain.START));
        try (PreparedStatement insert = LedgerDatabase.prepare(connection, INSERT, row)) {
          insert.executeUpdate();
        }
      }
    }
  }

  /** Hands on the events of a batch after a version, in order, each with its hash. */
  static void read(
      Connection connection,
      BatchId batch,
      long since,
      long limit,
      BatchLedger.RowConsumer<RecordedEvent> events)
      throws SQLException, IOException {
    try (PreparedStatement statement =
            LedgerDatabase.prepare(
                connection,
                "SELECT version, kind, path, size, sha256, status, operation, at, hash FROM event"
                    + " WHERE batch_id = ? AND version > ? ORDER BY version LIMIT ?",
                batch.value(),
                since,
                limit);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        events.accept(new RecordedEvent(event(rows), Sha256.ofDigest(rows.getBytes("hash"))));
      }
    }
  }

  private static Event event(ResultSet row) throws SQLException {
    String path = row.getString("path");
    String status = row.getString("status");
    byte[] digest = row.getBytes("sha256");
    return new Event(
        row.getLong("version"),
        EventKind.parse(row.getString("kind")),
        path == null ? null : LogicalPath.parse(path),
        Rows.number(row, "size"),
        digest == null ? null : Sha256.ofDigest(digest),
        status == null ? null : BatchStatus.parse(status),
        row.getString("operation"),
        Instant.ofEpochMilli(row.getLong("at")));
  }
}
